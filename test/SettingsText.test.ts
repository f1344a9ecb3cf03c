import { assert, describe, it } from "@effect/vitest"
import { Duration, Redacted, Result } from "effect"
import * as Text from "../src/SettingsText.ts"

const valueOf = <A>(parse: Text.Parse<A>, text: string): A => Result.getOrThrow(parse(text))
const isFault = <A>(parse: Text.Parse<A>, text: string): boolean => Result.isFailure(parse(text))

describe("required, withDefault, optional", () => {
  it.each([undefined, ""])("take %j for not set", (text) => {
    assert.deepStrictEqual(Text.required(Text.model, "set it")(text), Result.fail("is not set: set it"))
    assert.deepStrictEqual(Text.withDefault(Text.model, "default")(text), Result.succeed("default"))
    assert.deepStrictEqual(Text.optional(Text.model)(text), Result.succeed(null))
  })

  it("read what is set", () => {
    assert.deepStrictEqual(Text.required(Text.model, "set it")("x"), Result.succeed("x"))
    assert.deepStrictEqual(Text.withDefault(Text.model, "default")("x"), Result.succeed("x"))
    assert.deepStrictEqual(Text.optional(Text.model)("x"), Result.succeed("x"))
  })
})

describe("secret", () => {
  it("is redacted", () => {
    const secret = valueOf(Text.secret, "synthetic-secret")
    assert.strictEqual(Redacted.value(secret), "synthetic-secret")
    assert.notInclude(String(secret), "synthetic")
  })

  it.each(["changeme", "CHANGE-ME", "secret", "Password", "your-secret", "<secret>", "<>"])(
    "is not the placeholder %s",
    (text) => {
      assert.isTrue(isFault(Text.secret, text))
    }
  )

  it("may contain the word", () => {
    assert.isFalse(isFault(Text.secret, "secret-1"))
  })
})

describe("token", () => {
  it("is redacted", () => {
    assert.strictEqual(Redacted.value(valueOf(Text.token, "sk-1")), "sk-1")
  })

  it.each(["a b", "a\tb", "a\nb", "tökén", "\u0000", "<token>", "changeme"])("is not %j", (text) => {
    assert.isTrue(isFault(Text.token, text))
  })
})

describe("url", () => {
  it.each([
    { text: "https://git.example.com", url: "https://git.example.com" },
    { text: "https://git.example.com/", url: "https://git.example.com" },
    { text: "http://127.0.0.1:3000/gitea//", url: "http://127.0.0.1:3000/gitea" },
    { text: "http://[::1]:3000", url: "http://[::1]:3000" }
  ])("reads $text", ({ text, url }) => {
    assert.strictEqual(valueOf(Text.url, text), url)
  })

  it.each([
    "git.example.com",
    "ftp://git.example.com",
    "https://",
    "https:///x",
    "https://user:pass@git.example.com",
    "https://git.example.com?x=1",
    "https://git.example.com/#x",
    "https://git example.com",
    "http://git.example.com:99999"
  ])("is not %s", (text) => {
    assert.isTrue(isFault(Text.url, text))
  })
})

describe("giteaUrl", () => {
  it("is not the URL of the API", () => {
    assert.strictEqual(valueOf(Text.giteaUrl, "HTTPS://git.example.com/api"), "HTTPS://git.example.com/api")
    assert.isTrue(isFault(Text.giteaUrl, "https://git.example.com/api/v1/"))
    assert.isTrue(isFault(Text.giteaUrl, "git.example.com"))
  })
})

describe("longToken", () => {
  it("has at least 16 characters", () => {
    assert.strictEqual(Redacted.value(valueOf(Text.longToken, "x".repeat(16))), "x".repeat(16))
    assert.isTrue(isFault(Text.longToken, "x".repeat(15)))
    assert.deepStrictEqual(Text.longToken("changeme"), Text.token("changeme"))
    assert.isTrue(isFault(Text.longToken, "x".repeat(8) + " " + "x".repeat(8)))
  })
})

describe("host", () => {
  it.each(["0.0.0.0", "127.0.0.1", "::", "fe80::1", "localhost", "a", "host-1.example.com", "7.example"])(
    "reads %s",
    (text) => {
      assert.strictEqual(valueOf(Text.host, text), text)
    }
  )

  it.each(["localhost:80", "not a host", "http://localhost", "256.1.1.1", "1.2.3", "8000", "[::1]", "-a", "a.", "*"])(
    "is not %s",
    (text) => {
      assert.isTrue(isFault(Text.host, text))
    }
  )
})

describe("integer", () => {
  const port = Text.integer(0, 65_535)

  it.each(["0", "8000", "65535", "08"])("reads %s", (text) => {
    assert.strictEqual(valueOf(port, text), Number(text))
  })

  it.each(["65536", "-1", "1.5", "1e3", "0x10", "eight", "1 000", "9".repeat(400)])("is not %s", (text) => {
    assert.deepStrictEqual(port(text), Result.fail("is not a whole number from 0 to 65535: set it to one"))
  })
})

describe("share", () => {
  it.each([
    { text: "0.8", share: 0.8 },
    { text: ".95", share: 0.95 },
    { text: "1", share: 1 },
    { text: "1.0", share: 1 }
  ])("reads $text", ({ text, share }) => {
    assert.strictEqual(valueOf(Text.share, text), share)
  })

  it.each(["0", "0.0", "1.01", "80", "80%", "-0.5", "1e-1", "0.8.1", ".", "NaN"])("is not %s", (text) => {
    assert.isTrue(isFault(Text.share, text))
  })
})

describe("oneOf", () => {
  it("reads its names in any letter case", () => {
    assert.strictEqual(valueOf(Text.boolean, "TRUE"), true)
    assert.strictEqual(valueOf(Text.boolean, "false"), false)
    assert.strictEqual(valueOf(Text.logLevel, "Warning"), "Warn")
    assert.strictEqual(valueOf(Text.logFormat, "Json"), "json")
  })

  it.each(["yes", "1", "constructor", "__proto__"])("is not %s, and names what it can be", (text) => {
    assert.deepStrictEqual(Text.boolean(text), Result.fail("is not one of true, false: set it to one of them"))
  })
})

describe("duration", () => {
  it.each([
    { text: "10 seconds", millis: 10_000 },
    { text: "1 second", millis: 1_000 },
    { text: "500 millis", millis: 500 },
    { text: "1.5 minutes", millis: 90_000 },
    { text: "1 day", millis: 86_400_000 }
  ])("reads $text", ({ text, millis }) => {
    assert.strictEqual(Duration.toMillis(valueOf(Text.duration, text)), millis)
  })

  it.each(["10", "10s", "seconds", "ten seconds"])("is not %s", (text) => {
    assert.match(Result.getOrThrow(Result.flip(Text.duration(text))), /^is not a duration: /)
  })

  it.each(["0 seconds", "-1 seconds", "25 hours", "Infinity"])("is not as short or long as %s", (text) => {
    assert.match(Result.getOrThrow(Result.flip(Text.duration(text))), /^is out of range: /)
  })
})

describe("database", () => {
  it.each([
    { text: "sqlite:./data/coordinator.db", file: "./data/coordinator.db" },
    { text: "sqlite:/data/coordinator.db", file: "/data/coordinator.db" },
    { text: "sqlite::memory:", file: ":memory:" }
  ])("reads $text", ({ text, file }) => {
    assert.strictEqual(valueOf(Text.database, text), file)
  })

  it.each(["postgres://db/mosaic", "postgresql://db/mosaic"])("says that %s has to wait", (text) => {
    assert.deepStrictEqual(
      Text.database(text),
      Result.fail("names PostgreSQL, which this release cannot use yet: set it to sqlite:<file>")
    )
  })

  it.each(["sqlite:", "mysql://db/x", "./data/coordinator.db"])("is not %s", (text) => {
    assert.match(Result.getOrThrow(Result.flip(Text.database(text))), /^does not name a store: /)
  })
})

describe("globs", () => {
  it("reads a list with or without spaces", () => {
    assert.deepStrictEqual(valueOf(Text.globs, "acme/*"), ["acme/*"])
    assert.deepStrictEqual(valueOf(Text.globs, "acme/*, inkwell/letter?ress ,*/docs"), [
      "acme/*",
      "inkwell/letter?ress",
      "*/docs"
    ])
  })

  it.each(["*", "acme", "acme/", "acme/a,", ",", "acme/a b", "acme/a/b", "https://git.example.com/acme/a"])(
    "is not %s",
    (text) => {
      assert.isTrue(isFault(Text.globs, text))
    }
  )
})

describe("login and model", () => {
  it("are names without spaces", () => {
    assert.strictEqual(valueOf(Text.login, "press-bot.2"), "press-bot.2")
    assert.isTrue(isFault(Text.login, "press bot"))
    assert.isTrue(isFault(Text.login, "@press-bot"))
    assert.strictEqual(valueOf(Text.model, "claude-haiku-4-5@20251001"), "claude-haiku-4-5@20251001")
    assert.isTrue(isFault(Text.model, "claude haiku"))
  })
})
