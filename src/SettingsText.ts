import { Duration, Option, Redacted, Result } from "effect"
import { isIP } from "node:net"

/** What a key's text means, or what to do about it (the sentence after the key's name). `undefined` and "" mean not set. */
export type Parse<A> = (text: string | undefined) => Result.Result<A, string>

/** Characters below which a secret is short. */
export const SHORT = 16

const PLACEHOLDER = /^(changeme|change-me|secret|password|your-secret|<.*>)$/i

export const required =
  <A>(parse: Parse<A>, advice: string): Parse<A> =>
  (text) =>
    text ? parse(text) : Result.fail(`is not set: ${advice}`)

export const withDefault =
  <A>(parse: Parse<A>, value: A): Parse<A> =>
  (text) =>
    text ? parse(text) : Result.succeed(value)

export const optional = <A>(parse: Parse<A>): Parse<A | null> => withDefault<A | null>(parse, null)

export const secret: Parse<Redacted.Redacted> = (value = "") =>
  PLACEHOLDER.test(value)
    ? Result.fail("is a placeholder: set it to a long random value, for instance from `openssl rand -hex 32`")
    : Result.succeed(Redacted.make(value))

export const token: Parse<Redacted.Redacted> = (value = "") => {
  if (PLACEHOLDER.test(value)) return Result.fail("is a placeholder: set it to a token of your own")
  return /^[\x21-\x7e]+$/.test(value)
    ? Result.succeed(Redacted.make(value))
    : Result.fail("has a character a token cannot have: set it to the token alone, without spaces")
}

/** For a token that we choose ourselves: a short one could be guessed, and would be blotted out of every line that has it by chance. */
export const longToken: Parse<Redacted.Redacted> = (value = "") =>
  value.length < SHORT && !PLACEHOLDER.test(value)
    ? Result.fail(
        `is shorter than ${SHORT} characters: set it to a longer one, for instance from \`openssl rand -hex 32\``
      )
    : token(value)

export const url: Parse<string> = (value = "") =>
  /^https?:\/\/[^/?#@]+(\/[^?#]*)?$/i.test(value) && URL.canParse(value)
    ? Result.succeed(value.replace(/\/+$/, ""))
    : Result.fail("is not a base URL: set it to http:// or https://, a host, and a path if there is one")

export const giteaUrl: Parse<string> = (value = "") =>
  /\/api\/v1\/*$/i.test(value)
    ? Result.fail("names the API: set it to the base URL of Gitea, without /api/v1")
    : url(value)

export const matching =
  (pattern: RegExp, advice: string): Parse<string> =>
  (value = "") =>
    pattern.test(value) ? Result.succeed(value) : Result.fail(advice)

export const integer =
  (from: number, to: number): Parse<number> =>
  (value = "") => {
    const number = Number(value)
    return /^\d+$/.test(value) && number >= from && number <= to
      ? Result.succeed(number)
      : Result.fail(`is not a whole number from ${from} to ${to}: set it to one`)
  }

export const share: Parse<number> = (value = "") => {
  const number = Number(value)
  return /^\d*\.?\d+$/.test(value) && number > 0 && number <= 1
    ? Result.succeed(number)
    : Result.fail("is not a share: set it to a number above 0 and at most 1, for instance 0.8")
}

export const oneOf =
  <A>(values: Record<string, A>): Parse<A> =>
  (value = "") => {
    const name = value.toLowerCase()
    const found = Object.hasOwn(values, name) ? values[name] : undefined
    return found === undefined
      ? Result.fail(`is not one of ${Object.keys(values).join(", ")}: set it to one of them`)
      : Result.succeed(found)
  }

export const duration: Parse<Duration.Duration> = (value = "") =>
  Option.match(Duration.fromInput(value as Duration.Input), {
    onNone: () => Result.fail("is not a duration: set it to a number and a unit, for instance `10 seconds`"),
    onSome: (found) =>
      Duration.isGreaterThan(found, Duration.zero) && Duration.isLessThanOrEqualTo(found, Duration.days(1))
        ? Result.succeed(found)
        : Result.fail("is out of range: set it above zero and to at most a day")
  })

export const database: Parse<string> = (value = "") => {
  if (/^postgres(ql)?:/.test(value)) {
    return Result.fail("names PostgreSQL, which this release cannot use yet: set it to sqlite:<file>")
  }
  return /^sqlite:./.test(value)
    ? Result.succeed(value.slice("sqlite:".length))
    : Result.fail("does not name a store: set it to sqlite:<file>, for instance sqlite:./data/coordinator.db")
}

export const globs: Parse<ReadonlyArray<string>> = (value = "") => {
  const list = value.split(",").map((glob) => glob.trim())
  return list.every((glob) => /^[\w.*?-]+\/[\w.*?-]+$/.test(glob))
    ? Result.succeed(list)
    : Result.fail(
        "is not a list of repositories: set it to owner/name patterns with commas between, for instance acme/*"
      )
}

export const host: Parse<string> = (value = "") =>
  // What ends in a number and is no address is a broken one, or a port.
  isIP(value) !== 0 || /^(?!(.*\.)?\d+$)[a-z\d]([\w.-]*[a-z\d])?$/i.test(value)
    ? Result.succeed(value)
    : Result.fail("is not an address to listen on: set it to an IP address or a host name, without a port")

export const login = matching(/^[\w.-]+$/, "is not a login: set it to the bot's user name")
export const model = matching(/^[\w.:@-]+$/, "is not a model id: set it to one, for instance claude-opus-5-5")
export const boolean = oneOf<boolean>({ true: true, false: false })
export const logFormat = oneOf<"pretty" | "json">({ pretty: "pretty", json: "json" })
export const logLevel = oneOf<"Debug" | "Info" | "Warn" | "Error">({
  debug: "Debug",
  info: "Info",
  warning: "Warn",
  error: "Error"
})
