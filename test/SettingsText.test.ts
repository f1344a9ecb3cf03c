import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Redacted } from "effect"
import type { SettingsValues } from "../src/Settings.ts"
import { read } from "./environment.ts"
import type { Environment } from "./environment.ts"

/** How the texts of one key are read. */
const key = <K extends keyof SettingsValues>(name: string, own: K, others: Environment = {}) => ({
  valueOf: (text: string) => Effect.map(read({ ...others, [name]: text }), (values) => values[own]),
  /** What is wrong with it, after the key's name. */
  faultOf: (text: string) =>
    Effect.map(Effect.flip(read({ ...others, [name]: text })), ({ faults }) => {
      assert.lengthOf(faults, 1)
      assert.isTrue(faults[0]?.startsWith(`${name} `), faults[0])
      return faults[0]?.slice(name.length + 1)
    })
})

describe("a secret", () => {
  const { faultOf, valueOf } = key("GITEA_WEBHOOK_SECRET", "webhookSecret")

  it.effect("is redacted", () =>
    Effect.gen(function* () {
      const secret = yield* valueOf("synthetic-secret")
      assert.strictEqual(Redacted.value(secret), "synthetic-secret")
      assert.notInclude(String(secret), "synthetic")
    })
  )

  it.effect.each(["changeme", "CHANGE-ME", "secret", "Password", "your-secret", "<secret>", "<>"])(
    "is not the placeholder %s",
    (text) => Effect.map(faultOf(text), (fault) => assert.match(fault ?? "", /^is a placeholder: /))
  )

  it.effect("may contain the word", () => valueOf("secret-with-much-more"))
})

describe("a token", () => {
  const { faultOf, valueOf } = key("GITEA_TOKEN", "giteaToken")

  it.effect("is redacted", () =>
    Effect.map(valueOf("sk-synthetic-key-1"), (token) =>
      assert.strictEqual(token && Redacted.value(token), "sk-synthetic-key-1")
    )
  )

  it.effect.each(["a b", "a\tb", "a\nb", "tökén", "\u0000"].map((text) => text + "x".repeat(16)))(
    "has no character as in %j",
    (text) => Effect.map(faultOf(text), (fault) => assert.match(fault ?? "", /^has a character/))
  )

  it.effect.each(["<token>", "changeme"])("is not the placeholder %s", (text) =>
    Effect.map(faultOf(text), (fault) => assert.match(fault ?? "", /^is a placeholder: /))
  )
})

describe("a secret value", () => {
  it.effect.each([
    ["GITEA_WEBHOOK_SECRET", "webhookSecret"],
    ["GITEA_WEBHOOK_SECRET_PREVIOUS", "previousSecret"],
    ["GITEA_TOKEN", "giteaToken"],
    ["ANTHROPIC_API_KEY", "anthropicKey"],
    ["OPERATOR_TOKEN", "operatorToken"]
  ] as const)("of %s has at least 16 characters", ([name, own]) =>
    Effect.gen(function* () {
      const { faultOf, valueOf } = key(name, own)
      const value = yield* valueOf("x".repeat(16))
      assert.strictEqual(value && Redacted.value(value), "x".repeat(16))
      assert.match((yield* faultOf("x".repeat(15))) ?? "", /^is shorter than 16 characters: set it to /)
    })
  )
})

describe("a URL", () => {
  const { faultOf, valueOf } = key("ANTHROPIC_BASE_URL", "anthropicUrl")

  it.effect.each([
    { text: "https://git.example.com", url: "https://git.example.com" },
    { text: "https://git.example.com/", url: "https://git.example.com" },
    { text: "http://127.0.0.1:3000/gitea//", url: "http://127.0.0.1:3000/gitea" },
    { text: "http://[::1]:3000", url: "http://[::1]:3000" }
  ])("is read from $text", ({ text, url }) => Effect.map(valueOf(text), (value) => assert.strictEqual(value, url)))

  it.effect.each([
    "git.example.com",
    "ftp://git.example.com",
    "https://",
    "https:///x",
    "https://user:pass@git.example.com",
    "https://git.example.com?x=1",
    "https://git.example.com/#x",
    "https://git example.com",
    "http://git.example.com:99999"
  ])("is not %s", faultOf)
})

describe("the URL of Gitea", () => {
  const { faultOf, valueOf } = key("GITEA_URL", "giteaUrl")

  it.effect("is not the URL of the API", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* valueOf("HTTPS://git.example.com/api"), "HTTPS://git.example.com/api")
      assert.match((yield* faultOf("https://git.example.com/api/v1/")) ?? "", /^names the API: /)
      assert.match((yield* faultOf("git.example.com")) ?? "", /^is not a base URL: /)
    })
  )
})

describe("a host", () => {
  const { faultOf, valueOf } = key("HOST", "host")

  it.effect.each(["0.0.0.0", "127.0.0.1", "::", "fe80::1", "localhost", "a", "host-1.example.com", "7.example"])(
    "is read from %s",
    (text) => Effect.map(valueOf(text), (host) => assert.strictEqual(host, text))
  )

  it.effect.each([
    "localhost:80",
    "not a host",
    "http://localhost",
    "256.1.1.1",
    "1.2.3",
    "8000",
    "[::1]",
    "-a",
    "a.",
    "*"
  ])("is not %s", faultOf)
})

describe("a whole number", () => {
  const { faultOf, valueOf } = key("PORT", "port")

  it.effect.each(["0", "8000", "65535", "08"])("is read from %s", (text) =>
    Effect.map(valueOf(text), (port) => assert.strictEqual(port, Number(text)))
  )

  it.effect.each(["65536", "-1", "1.5", "1e3", "0x10", "eight", "1 000", "9".repeat(400)])("is not %s", (text) =>
    Effect.map(faultOf(text), (fault) =>
      assert.strictEqual(fault, "is not a whole number from 0 to 65535: set it to one")
    )
  )
})

describe("a share", () => {
  const { faultOf, valueOf } = key("CONTEXT_ROTATE_THRESHOLD", "rotateAt", { CONTEXT_COMPACT_THRESHOLD: "0.1" })

  it.effect.each([
    { text: "0.8", share: 0.8 },
    { text: ".95", share: 0.95 },
    { text: "1", share: 1 },
    { text: "1.0", share: 1 }
  ])("is read from $text", ({ text, share }) => Effect.map(valueOf(text), (value) => assert.strictEqual(value, share)))

  it.effect.each(["0", "0.0", "1.01", "80", "80%", "-0.5", "1e-1", "0.8.1", ".", "NaN"])("is not %s", (text) =>
    Effect.map(faultOf(text), (fault) => assert.match(fault ?? "", /^is not a share: /))
  )
})

describe("one of several names", () => {
  const enabled = key("COORDINATOR_ENABLED", "enabled")

  it.effect("is read in any letter case", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* enabled.valueOf("TRUE"), true)
      assert.strictEqual(yield* enabled.valueOf("false"), false)
      assert.strictEqual(yield* key("LOG_LEVEL", "logLevel").valueOf("Warning"), "Warn")
      assert.strictEqual(yield* key("LOG_FORMAT", "logFormat").valueOf("Json"), "json")
    })
  )

  it.effect.each(["yes", "1", "constructor", "__proto__"])("is not %s, and the fault says what it can be", (text) =>
    Effect.map(enabled.faultOf(text), (fault) =>
      assert.strictEqual(fault, "is not one of true, false: set it to one of them")
    )
  )
})

describe("a duration", () => {
  const { faultOf, valueOf } = key("COORDINATOR_RECONCILE_INTERVAL", "reconcileInterval")

  it.effect.each([
    { text: "10 seconds", millis: 10_000 },
    { text: "1 second", millis: 1_000 },
    { text: "500 millis", millis: 500 },
    { text: "1.5 minutes", millis: 90_000 },
    { text: "1 day", millis: 86_400_000 }
  ])("is read from $text", ({ text, millis }) =>
    Effect.map(valueOf(text), (value) => assert.strictEqual(Duration.toMillis(value), millis))
  )

  it.effect.each(["10", "10s", "seconds", "ten seconds"])("is not %s", (text) =>
    Effect.map(faultOf(text), (fault) => assert.match(fault ?? "", /^is not a duration: /))
  )

  it.effect.each(["0 seconds", "-1 seconds", "25 hours", "Infinity"])("is not as short or long as %s", (text) =>
    Effect.map(faultOf(text), (fault) => assert.match(fault ?? "", /^is out of range: /))
  )
})

describe("a store", () => {
  const { faultOf, valueOf } = key("DATABASE_URL", "database")

  it.effect.each([
    { text: "sqlite:./data/coordinator.db", file: "./data/coordinator.db" },
    { text: "sqlite:/data/coordinator.db", file: "/data/coordinator.db" },
    { text: "sqlite::memory:", file: ":memory:" }
  ])("is read from $text", ({ text, file }) => Effect.map(valueOf(text), (value) => assert.strictEqual(value, file)))

  it.effect.each(["postgres://db/mosaic", "postgresql://db/mosaic"])("cannot be %s yet", (text) =>
    Effect.map(faultOf(text), (fault) =>
      assert.strictEqual(fault, "names PostgreSQL, which this release cannot use yet: set it to sqlite:<file>")
    )
  )

  it.effect.each(["sqlite:", "mysql://db/x", "./data/coordinator.db"])("is not %s", (text) =>
    Effect.map(faultOf(text), (fault) => assert.match(fault ?? "", /^does not name a store: /))
  )
})

describe("a list of repositories", () => {
  const { faultOf, valueOf } = key("GITEA_REPOSITORIES", "repositories")

  it.effect("is read with or without spaces", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* valueOf("acme/*"), ["acme/*"])
      assert.deepStrictEqual(yield* valueOf("acme/*, inkwell/letter?ress ,*/docs"), [
        "acme/*",
        "inkwell/letter?ress",
        "*/docs"
      ])
    })
  )

  it.effect.each(["*", "acme", "acme/", "acme/a,", ",", "acme/a b", "acme/a/b", "https://git.example.com/acme/a"])(
    "is not %s",
    faultOf
  )
})

describe("a login and a model", () => {
  it.effect("are names without spaces", () =>
    Effect.gen(function* () {
      const login = key("GITEA_BOT_USERNAME", "botLogin")
      assert.strictEqual(yield* login.valueOf("press-bot.2"), "press-bot.2")
      yield* login.faultOf("press bot")
      yield* login.faultOf("@press-bot")
      const model = key("ANTHROPIC_MODEL", "model")
      assert.strictEqual(yield* model.valueOf("claude-haiku-4-5@20251001"), "claude-haiku-4-5@20251001")
      yield* model.faultOf("claude haiku")
    })
  )
})
