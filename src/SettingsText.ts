import { Duration, Option, Record, Redacted, Schema, SchemaGetter } from "effect"
import { isIP } from "node:net"

/** Characters below which a secret is short. */
export const SHORT = 16

const PLACEHOLDER = /^(changeme|change-me|secret|password|your-secret|<.*>)$/i

/** A text of which something holds; else `fault`, what goes on after the key's name: what is wrong with it and what to do. */
const text = (fault: string, holds: RegExp | ((text: string) => boolean)) =>
  Schema.String.check(
    Schema.makeFilter((text) => (holds instanceof RegExp ? holds.test(text) : holds(text)), { message: fault })
  )

/** What such a text means. Settings are read and never written. */
const means =
  <A>(type: Schema.Codec<A>, read: (text: string) => A) =>
  (from: Schema.Codec<string>): Schema.Codec<A, string> =>
    from.pipe(Schema.decodeTo(type, { decode: SchemaGetter.transform(read), encode: SchemaGetter.forbiddenEncoding }))

const noPlaceholder = (advice: string) => text(`is a placeholder: ${advice}`, (text) => !PLACEHOLDER.test(text))
const redacted = means(Schema.Redacted(Schema.String), (text) => Redacted.make(text))

/** A short one could be guessed, and would be blotted out of every line and answer that has it by chance. */
const long = (advice: string) =>
  text(`is shorter than ${SHORT} characters: ${advice}`, (text) => text.length >= SHORT || PLACEHOLDER.test(text))

const CHOSEN = "set it to a long random value, for instance from `openssl rand -hex 32`"

export const secret = long(CHOSEN).pipe(Schema.decodeTo(noPlaceholder(CHOSEN)), redacted)

const tokenWith = (advice: string) =>
  long(advice).pipe(
    Schema.decodeTo(noPlaceholder("set it to a token of your own")),
    Schema.decodeTo(
      text("has a character a token cannot have: set it to the token alone, without spaces", /^[\x21-\x7e]+$/)
    ),
    redacted
  )

/** Made by somebody else. */
export const token = tokenWith("set it to the whole token")

/** Chosen by whoever runs the service. */
export const ownToken = tokenWith(CHOSEN)

export const url = text(
  "is not a base URL: set it to http:// or https://, a host, and a path if there is one",
  (text) => /^https?:\/\/[^/?#@]+(\/[^?#]*)?$/i.test(text) && URL.canParse(text)
).pipe(means(Schema.String, (text) => text.replace(/\/+$/, "")))

export const giteaUrl = text(
  "names the API: set it to the base URL of Gitea, without /api/v1",
  (text) => !/\/api\/v1\/*$/i.test(text)
).pipe(Schema.decodeTo(url))

export const integer = (from: number, to: number) =>
  text(
    `is not a whole number from ${from} to ${to}: set it to one`,
    (text) => /^\d+$/.test(text) && Number(text) >= from && Number(text) <= to
  ).pipe(means(Schema.Int, Number))

export const share = text(
  "is not a share: set it to a number above 0 and at most 1, for instance 0.8",
  (text) => /^\d*\.?\d+$/.test(text) && Number(text) > 0 && Number(text) <= 1
).pipe(means(Schema.Finite, Number))

/** One of these names, in any letter case. */
const oneOf = <A>(type: Schema.Codec<A>, values: Readonly<Record<string, NoInfer<A>>>) =>
  text(`is not one of ${Object.keys(values).join(", ")}: set it to one of them`, (text) =>
    Object.hasOwn(values, text.toLowerCase())
  ).pipe(means(type, (text) => Option.getOrThrow(Record.get(values, text.toLowerCase()))))

export const boolean = oneOf(Schema.Boolean, { true: true, false: false })
export const logFormat = oneOf(Schema.Literals(["pretty", "json"]), { pretty: "pretty", json: "json" })
export const logLevel = oneOf(Schema.Literals(["Debug", "Info", "Warn", "Error"]), {
  debug: "Debug",
  info: "Info",
  warning: "Warn",
  error: "Error"
})

export const sandbox = oneOf(Schema.Literals(["auto", "bwrap", "socket", "none"]), {
  auto: "auto",
  bwrap: "bwrap",
  socket: "socket",
  none: "none"
})

const durationOf = (text: string) => Duration.fromInput(text as Duration.Input)

export const duration = text("is not a duration: set it to a number and a unit, for instance `10 seconds`", (text) =>
  Option.isSome(durationOf(text))
).pipe(
  means(Schema.Duration, (text) => Option.getOrThrow(durationOf(text))),
  Schema.check(
    Schema.makeFilter(
      (value) => Duration.isGreaterThan(value, Duration.zero) && Duration.isLessThanOrEqualTo(value, Duration.days(1)),
      { message: "is out of range: set it above zero and to at most a day" }
    )
  )
)

export const database = text(
  "names PostgreSQL, which this release cannot use yet: set it to sqlite:<file>",
  (text) => !/^postgres(ql)?:/.test(text)
).pipe(
  Schema.decodeTo(
    text("does not name a store: set it to sqlite:<file>, for instance sqlite:./data/coordinator.db", /^sqlite:./)
  ),
  means(Schema.String, (text) => text.slice("sqlite:".length))
)

const listOf = (text: string) => text.split(",").map((glob) => glob.trim())

export const globs = text(
  "is not a list of repositories: set it to owner/name patterns with commas between, for instance acme/*",
  (text) => listOf(text).every((glob) => /^[\w.*?-]+\/[\w.*?-]+$/.test(glob))
).pipe(means(Schema.Array(Schema.String), listOf))

export const path = text("is not an absolute path: set it to one that begins with /", (text) => text.startsWith("/"))

export const hosts = text(
  "is not a list of hosts: set it to names with commas between, without ports, for instance registry.npmjs.org, *.example.com",
  (text) => listOf(text).every((host) => /^(\*\.)?[a-z\d]([a-z\d.-]*[a-z\d])?$/i.test(host) && isIP(host) === 0)
).pipe(means(Schema.Array(Schema.String), (text) => listOf(text).map((host) => host.toLowerCase())))

export const host = text(
  "is not an address to listen on: set it to an IP address or a host name, without a port",
  // What ends in a number and is no address is a broken one, or a port.
  (text) => isIP(text) !== 0 || /^(?!(.*\.)?\d+$)[a-z\d]([\w.-]*[a-z\d])?$/i.test(text)
)

const pairsOf = (text: string) =>
  text.split(",").map((pair) => {
    const [name = "", ...value] = pair.split("=")
    return [name.trim(), value.join("=").trim()] as const
  })

export const headers = text(
  "is not a list of headers: set it to name=value pairs with commas between, for instance authorization=Bearer%20abc",
  (text) => pairsOf(text).every(([name, value]) => /^[\w.-]+$/.test(name) && /^([!-$&-~]|%[2-7][\da-f])*$/i.test(value))
).pipe(
  means(Schema.Redacted(Schema.Record(Schema.String, Schema.String)), (text) =>
    Redacted.make(Object.fromEntries(pairsOf(text).map(([name, value]) => [name, decodeURIComponent(value)])))
  )
)

export const login = text("is not a login: set it to the bot's user name", /^[\w.-]+$/)
export const model = text("is not a model id: set it to one, for instance claude-opus-5-5", /^[\w.:@-]+$/)
export const folder = text(
  "is not a folder: set it to a path, for instance ./data/work",
  (text) => !text.includes("\0")
)
