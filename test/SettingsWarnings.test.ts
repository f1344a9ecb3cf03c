import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { secretsOf, warningsOf } from "../src/Settings.ts"
import { read, REQUIRED } from "./environment.ts"

describe("secretsOf", () => {
  it.effect("has every secret that is set", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(secretsOf(yield* read({})), [REQUIRED.GITEA_WEBHOOK_SECRET])
      const env = {
        GITEA_WEBHOOK_SECRET_PREVIOUS: "before",
        GITEA_TOKEN: "token",
        ANTHROPIC_API_KEY: "key",
        OPERATOR_TOKEN: "an-operators-own-token",
        OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20a-collectors-token,x-tenant=press"
      }
      const secrets = [
        REQUIRED.GITEA_WEBHOOK_SECRET,
        "before",
        "token",
        "key",
        "an-operators-own-token",
        "Bearer a-collectors-token"
      ]
      assert.deepStrictEqual(secretsOf(yield* read(env)), secrets)
    })
  )
})

const QUIET = { GITEA_TOKEN: "token", ANTHROPIC_API_KEY: "key", GITEA_REPOSITORIES: "a/*" }

describe("warningsOf", () => {
  it.effect("has nothing to say of a whole configuration", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(warningsOf(yield* read(QUIET)), [])
      assert.deepStrictEqual(warningsOf(yield* read({ ...QUIET, GITEA_WEBHOOK_SECRET: "x".repeat(16) })), [])
    })
  )

  it.effect.each([
    { name: "GITEA_WEBHOOK_SECRET", text: "x".repeat(15) },
    { name: "GITEA_WEBHOOK_SECRET_PREVIOUS", text: "x".repeat(15) },
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
