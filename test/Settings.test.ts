import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { InvalidSettings } from "../src/Settings.ts"
import type { SettingsValues } from "../src/Settings.ts"
import { OPTIONAL, read, REQUIRED } from "./environment.ts"
import type { Environment } from "./environment.ts"

const faultsOf = (env: Environment) => Effect.map(Effect.flip(read(env)), ({ faults }) => faults)

const REDACTED: ReadonlyArray<keyof SettingsValues> = [
  "webhookSecret",
  "previousSecret",
  "giteaToken",
  "anthropicKey",
  "operatorToken",
  "otlpHeaders"
]

const plain = (values: SettingsValues, name: keyof SettingsValues): unknown => {
  const value = values[name]
  return Redacted.isRedacted(value) ? Redacted.value<unknown>(value) : value
}

/** One sentence that begins with its key and goes on with what is wrong and what to do. */
const isSentenceOf = (fault: string, name: string): boolean =>
  fault.startsWith(`${name} `) && !fault.includes("\n") && /: (set|lower) /.test(fault)

describe("Settings", () => {
  it.effect.each(OPTIONAL)("$name has a default, or may be left out", ({ name, value, missing }) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(plain(yield* read({}), value), missing)
      assert.deepStrictEqual(plain(yield* read({ [name]: "" }), value), missing)
      assert.deepStrictEqual(plain(yield* read({ [name]: "  " }), value), missing)
    })
  )

  it.effect.each(OPTIONAL)("$name is read", ({ name, value, right: [text, expected] }) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(plain(yield* read({ [name]: text }), value), expected)
      assert.deepStrictEqual(plain(yield* read({ [name]: ` ${text} ` }), value), expected)
    })
  )

  it.effect.each(OPTIONAL.flatMap(({ name, wrong }) => (wrong === null ? [] : [{ name, wrong }])))(
    "$name cannot be $wrong",
    ({ name, wrong }) =>
      Effect.gen(function* () {
        const faults = yield* faultsOf({ [name]: wrong })
        assert.strictEqual(faults.length, 1)
        assert.isTrue(isSentenceOf(faults[0] ?? "", name), faults[0])
      })
  )

  it.effect.each(["", " "].flatMap((text) => Object.keys(REQUIRED).map((name) => ({ name, text }))))(
    "$name has to be set, and not to '$text'",
    ({ name, text }) =>
      Effect.gen(function* () {
        const [fault = "", ...others] = yield* faultsOf({ [name]: text })
        assert.match(fault, new RegExp(`^${name} is not set: set it to `))
        assert.deepStrictEqual(others, [])
      })
  )

  it.effect("refuses a placeholder for a secret", () =>
    Effect.gen(function* () {
      const [fault = ""] = yield* faultsOf({ GITEA_WEBHOOK_SECRET: "changeme" })
      assert.match(fault, /^GITEA_WEBHOOK_SECRET is a placeholder: set it to /)
    })
  )

  it.effect("refuses PostgreSQL in one sentence", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* faultsOf({ DATABASE_URL: "postgres://db/mosaic" }), [
        "DATABASE_URL names PostgreSQL, which this release cannot use yet: set it to sqlite:<file>"
      ])
    })
  )

  it.effect.each([
    { CONTEXT_COMPACT_THRESHOLD: "0.95" },
    { CONTEXT_COMPACT_THRESHOLD: "0.96" },
    { CONTEXT_ROTATE_THRESHOLD: "0.8" },
    { CONTEXT_COMPACT_THRESHOLD: "0.6", CONTEXT_ROTATE_THRESHOLD: "0.5" }
  ])("refuses to compact where it would rotate: %j", (env) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* faultsOf(env), [
        "CONTEXT_COMPACT_THRESHOLD is not below CONTEXT_ROTATE_THRESHOLD: lower it, or raise the other"
      ])
    })
  )

  it.effect("reports every fault at once, one sentence for each key", () =>
    Effect.gen(function* () {
      const wrong = OPTIONAL.flatMap(({ name, wrong: text }) => (text === null ? [] : [[name, text] as const]))
      const error = yield* Effect.flip(
        read({ ...Object.fromEntries(wrong), GITEA_WEBHOOK_SECRET: "", GITEA_URL: "git.example.com" })
      )
      assert.instanceOf(error, InvalidSettings)
      const keys = error.faults.map((fault) => fault.split(" ")[0] ?? "")
      assert.deepStrictEqual(
        [...keys].sort(),
        ["GITEA_WEBHOOK_SECRET", "GITEA_URL", ...wrong.map(([name]) => name)].sort()
      )
      error.faults.forEach((fault, index) => assert.isTrue(isSentenceOf(fault, keys[index] ?? ""), fault))
      assert.strictEqual(error.message, error.faults.join("\n"))
    })
  )

  it.effect("reports the thresholds beside other faults", () =>
    Effect.gen(function* () {
      const faults = yield* faultsOf({ PORT: "http", CONTEXT_COMPACT_THRESHOLD: "1" })
      assert.deepStrictEqual(
        faults.map((fault) => fault.split(" ")[0]),
        ["PORT", "CONTEXT_COMPACT_THRESHOLD"]
      )
    })
  )

  it.effect("repeats no secret in a fault", () =>
    Effect.gen(function* () {
      const faults = yield* faultsOf({
        GITEA_TOKEN: "hunter 2",
        ANTHROPIC_API_KEY: "hunter 3",
        OPERATOR_TOKEN: "hunter 4"
      })
      assert.strictEqual(faults.length, 3)
      assert.notInclude(faults.join(), "hunter")
    })
  )

  it.effect("redacts every secret", () =>
    Effect.gen(function* () {
      const values = yield* read({
        GITEA_WEBHOOK_SECRET_PREVIOUS: "a-synthetic-secret-b",
        GITEA_TOKEN: "a-synthetic-token-c",
        ANTHROPIC_API_KEY: "a-synthetic-key-d",
        OPERATOR_TOKEN: "an-operators-own-token",
        OTEL_EXPORTER_OTLP_HEADERS: "authorization=abc"
      })
      assert.isTrue(REDACTED.every((name) => Redacted.isRedacted(values[name])))
    })
  )
})
