import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { secretsOf, warningsOf } from "../src/Settings.ts"
import { read, REQUIRED } from "./environment.ts"

describe("secretsOf", () => {
  it.effect("has every secret that is set", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(secretsOf(yield* read({})), [REQUIRED.GITEA_WEBHOOK_SECRET])
      const env = {
        GITEA_WEBHOOK_SECRET_PREVIOUS: "the-secret-before",
        GITEA_TOKEN: "a-synthetic-token",
        ANTHROPIC_API_KEY: "a-synthetic-key-1",
        OPERATOR_TOKEN: "an-operators-own-token",
        OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20a-collectors-token,x-tenant=press"
      }
      const secrets = [
        REQUIRED.GITEA_WEBHOOK_SECRET,
        "the-secret-before",
        "a-synthetic-token",
        "a-synthetic-key-1",
        "an-operators-own-token",
        "Bearer a-collectors-token"
      ]
      assert.deepStrictEqual(secretsOf(yield* read(env)), secrets)
    })
  )
})

const QUIET = {
  GITEA_TOKEN: "a-synthetic-token",
  ANTHROPIC_API_KEY: "a-synthetic-key-1",
  GITEA_REPOSITORIES: "a/*"
}

describe("warningsOf", () => {
  it.effect("has nothing to say of a whole configuration", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(warningsOf(yield* read(QUIET)), [])
    })
  )

  it.effect.each([
    { name: "GITEA_REPOSITORIES", text: "" },
    { name: "GITEA_TOKEN", text: "" },
    { name: "ANTHROPIC_API_KEY", text: "" },
    { name: "COORDINATOR_ENABLED", text: "false" }
  ])("tells of $name when it is '$text'", ({ name, text }) =>
    Effect.gen(function* () {
      const [warning = "", ...others] = warningsOf(yield* read({ ...QUIET, [name]: text }))
      assert.isTrue(warning.startsWith(`${name} is `), warning)
      assert.deepStrictEqual(others, [])
    })
  )
})
