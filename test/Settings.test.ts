import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Duration, Effect, Redacted } from "effect"
import { InvalidSettings, secretsOf, Settings, warningsOf } from "../src/Settings.ts"
import type { SettingsValues } from "../src/Settings.ts"

type Environment = Readonly<Record<string, string>>

const REQUIRED = { GITEA_WEBHOOK_SECRET: "synthetic-webhook-secret", GITEA_URL: "https://git.example.com" }

const read = (env: Environment): Effect.Effect<SettingsValues, InvalidSettings> =>
  Effect.provide(Settings, Settings.layer).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env: { ...REQUIRED, ...env } }))
  )

const faultsOf = (env: Environment) => Effect.map(Effect.flip(read(env)), ({ faults }) => faults)

const REDACTED: ReadonlyArray<keyof SettingsValues> = [
  "webhookSecret",
  "previousSecret",
  "giteaToken",
  "anthropicKey",
  "operatorToken"
]

interface Key {
  readonly name: string
  readonly value: keyof SettingsValues
  /** What is read where the key is not set. */
  readonly missing: unknown
  readonly right: readonly [text: string, value: unknown]
  readonly wrong: string | null
}

const OPTIONAL: ReadonlyArray<Key> = [
  {
    name: "GITEA_WEBHOOK_SECRET_PREVIOUS",
    value: "previousSecret",
    missing: null,
    right: ["the-one-before", "the-one-before"],
    wrong: "changeme"
  },
  { name: "GITEA_TOKEN", value: "giteaToken", missing: null, right: ["t0ken", "t0ken"], wrong: "two words" },
  { name: "GITEA_BOT_USERNAME", value: "botLogin", missing: "mosaic", right: ["press-bot", "press-bot"], wrong: "a b" },
  { name: "GITEA_REPOSITORIES", value: "repositories", missing: [], right: ["a/*, b/c", ["a/*", "b/c"]], wrong: "a" },
  { name: "ANTHROPIC_API_KEY", value: "anthropicKey", missing: null, right: ["sk-1", "sk-1"], wrong: "two words" },
  {
    name: "ANTHROPIC_BASE_URL",
    value: "anthropicUrl",
    missing: null,
    right: ["http://127.0.0.1:1/", "http://127.0.0.1:1"],
    wrong: "127.0.0.1"
  },
  {
    name: "ANTHROPIC_MODEL",
    value: "model",
    missing: "claude-opus-5-5",
    right: ["claude-x", "claude-x"],
    wrong: "a b"
  },
  {
    name: "ANTHROPIC_MAX_OUTPUT_TOKENS",
    value: "maxOutputTokens",
    missing: 16_000,
    right: ["4096", 4_096],
    wrong: "many"
  },
  {
    name: "DATABASE_URL",
    value: "database",
    missing: "./data/coordinator.db",
    right: ["sqlite:/data/x.db", "/data/x.db"],
    wrong: "postgres://db/mosaic"
  },
  { name: "HOST", value: "host", missing: "0.0.0.0", right: ["127.0.0.1", "127.0.0.1"], wrong: null },
  { name: "PORT", value: "port", missing: 8_000, right: ["0", 0], wrong: "http" },
  { name: "LOG_LEVEL", value: "logLevel", missing: "Info", right: ["WARNING", "Warn"], wrong: "loud" },
  { name: "LOG_FORMAT", value: "logFormat", missing: null, right: ["json", "json"], wrong: "xml" },
  { name: "COORDINATOR_ENABLED", value: "enabled", missing: true, right: ["false", false], wrong: "maybe" },
  {
    name: "COORDINATOR_MAX_CONCURRENT_AGENTS",
    value: "maxConcurrentAgents",
    missing: 10,
    right: ["3", 3],
    wrong: "0"
  },
  {
    name: "COORDINATOR_RECONCILE_INTERVAL",
    value: "reconcileInterval",
    missing: Duration.minutes(5),
    right: ["1 hour", Duration.hours(1)],
    wrong: "often"
  },
  {
    name: "CONTEXT_POLL_INTERVAL",
    value: "contextPollInterval",
    missing: Duration.seconds(10),
    right: ["200 millis", Duration.millis(200)],
    wrong: "0 seconds"
  },
  { name: "CONTEXT_COMPACT_THRESHOLD", value: "compactAt", missing: 0.8, right: ["0.5", 0.5], wrong: "80%" },
  { name: "CONTEXT_ROTATE_THRESHOLD", value: "rotateAt", missing: 0.95, right: ["1", 1], wrong: "0" },
  { name: "CONTEXT_LIMIT_TOKENS", value: "contextLimit", missing: null, right: ["100000", 100_000], wrong: "10" },
  { name: "OPERATOR_TOKEN", value: "operatorToken", missing: null, right: ["t0ken", "t0ken"], wrong: "two words" }
]

const plain = (values: SettingsValues, name: keyof SettingsValues): unknown => {
  const value = values[name]
  return Redacted.isRedacted(value) ? Redacted.value(value) : value
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
        GITEA_WEBHOOK_SECRET_PREVIOUS: "b",
        GITEA_TOKEN: "c",
        ANTHROPIC_API_KEY: "d",
        OPERATOR_TOKEN: "e"
      })
      assert.isTrue(REDACTED.every((name) => Redacted.isRedacted(values[name])))
    })
  )
})

describe("secretsOf", () => {
  it.effect("has every secret that is set", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(secretsOf(yield* read({})), [REQUIRED.GITEA_WEBHOOK_SECRET])
      const env = {
        GITEA_WEBHOOK_SECRET_PREVIOUS: "before",
        GITEA_TOKEN: "token",
        ANTHROPIC_API_KEY: "key",
        OPERATOR_TOKEN: "operator"
      }
      const secrets = [REQUIRED.GITEA_WEBHOOK_SECRET, "before", "token", "key", "operator"]
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
