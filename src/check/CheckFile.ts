import { Duration, Option, Result, Schema, SchemaGetter, SchemaIssue } from "effect"
import { isMap, isNode, isScalar, LineCounter, parseDocument, visit } from "yaml"
import type { Document } from "yaml"
import type { CheckFault, CheckPlan } from "./CheckPlan.ts"

/** The file, at the top of the base branch. */
export const CHECK_FILE = ".mosaic.yml"

/** Bytes. More is no configuration. */
const LARGEST = 64 * 1024
const MOST_CHECKS = 20
const MOST_COMMANDS = 20
const MOST_HOSTS = 50
const MOST_PATHS = 100
const LONGEST_COMMAND = 4_000
const LONGEST_NAME = 60
const LONGEST_PATH = 240
const LONGEST_INSTRUCTIONS = 10_000
const MOST_FAULTS = 20
const LONGEST_LIMIT = Duration.hours(1)
export const DEFAULT_LIMIT = Duration.minutes(10)

const says = (message: string) => ({ message })
const words = (longest: number, what: string) =>
  Schema.String.annotate(says(`${what} has to be a text`)).check(
    Schema.makeFilter((text) => text.trim() !== "" && text.length <= longest, {
      message: `${what} has to be a text of 1 to ${longest} characters`
    })
  )
const list = <S extends Schema.Top>(item: S, most: number, what: string) =>
  Schema.Array(item)
    .annotate(says(`${what} have to be a list`))
    .check(Schema.makeFilter((all) => all.length <= most, { message: `there are more than ${most} ${what}` }))

const durationOf = (text: string) => Duration.fromInput(text as Duration.Input)
const isLimit = (text: string) =>
  Option.exists(
    durationOf(text),
    (limit) => Duration.isGreaterThan(limit, Duration.zero) && Duration.isLessThanOrEqualTo(limit, LONGEST_LIMIT)
  )
const LIMIT_FAULT = "a timeout is a number and a unit up to 1 hour, for instance `10 minutes`"
const Limit = Schema.String.annotate(says(LIMIT_FAULT))
  .check(Schema.makeFilter(isLimit, says(LIMIT_FAULT)))
  .pipe(
    Schema.decodeTo(Schema.Duration, {
      decode: SchemaGetter.transform((text) => Option.getOrThrow(durationOf(text))),
      encode: SchemaGetter.forbiddenEncoding
    })
  )

const HOST = /^(\*\.)?[a-z\d]([a-z\d.-]*[a-z\d])?$/i
const HOST_FAULT = "a host is a name without scheme, port or path, for instance registry.npmjs.org"
const Host = Schema.String.annotate(says(HOST_FAULT)).check(
  Schema.makeFilter((host) => HOST.test(host), says(HOST_FAULT))
)

const Command = words(LONGEST_COMMAND, "a command")

const UNKNOWN_KEY = "this key is not known here"
/** A mapping with these keys alone. */
const mapping = <F extends Schema.Struct.Fields>(fields: F, message: string) =>
  Schema.Struct(fields).annotate({ message, messageUnexpectedKey: `${UNKNOWN_KEY}: ${message}` })
const required = <S extends Schema.Top>(schema: S, message: string) =>
  Schema.annotateKey<S>({ messageMissingKey: message })(schema)

const SETUP = "setup has commands, and may have hosts and a timeout"
const CHECK = "a check has a name and a command, and may have a timeout"
const FILE = "the file is a mapping with checks, and may have setup, paths and instructions"

const File = mapping(
  {
    setup: Schema.optionalKey(
      mapping(
        {
          commands: required(list(Command, MOST_COMMANDS, "commands of setup"), SETUP),
          hosts: Schema.optionalKey(list(Host, MOST_HOSTS, "hosts")),
          timeout: Schema.optionalKey(Limit)
        },
        SETUP
      )
    ),
    checks: required(
      list(
        mapping(
          {
            name: required(words(LONGEST_NAME, "the name of a check"), CHECK),
            command: required(Command, CHECK),
            timeout: Schema.optionalKey(Limit)
          },
          CHECK
        ),
        MOST_CHECKS,
        "checks"
      ).check(
        Schema.makeFilter((checks) => new Set(checks.map(({ name }) => name)).size === checks.length, {
          message: "two checks have the same name"
        })
      ),
      FILE
    ),
    paths: Schema.optionalKey(list(words(LONGEST_PATH, "a path"), MOST_PATHS, "paths")),
    instructions: Schema.optionalKey(words(LONGEST_INSTRUCTIONS, "instructions"))
  },
  FILE
)

const planOf = ({ setup, checks, paths = [], instructions }: typeof File.Type): CheckPlan => ({
  from: "file",
  setup:
    setup === undefined
      ? null
      : { commands: setup.commands, hosts: setup.hosts ?? [], limit: setup.timeout ?? DEFAULT_LIMIT },
  checks: checks.map(({ name, command, timeout }) => ({ name, command, limit: timeout ?? DEFAULT_LIMIT })),
  paths,
  instructions: instructions ?? null
})

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()
const decode = Schema.decodeUnknownResult(File, { errors: "all", onExcessProperty: "error" })

/** Where the last thing on a path is that is there: a key for what is too much, a value for what is wrong. */
const offsetOf = (document: Document, path: ReadonlyArray<PropertyKey>, isKey: boolean): number => {
  let node: unknown = document.contents
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  for (const [at, step] of path.entries()) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
      if (isScalar(pair?.key)) offset = pair.key.range?.[0] ?? offset
      if (isKey && at === path.length - 1) return offset
      node = pair?.value
    } else {
      node = document.getIn(path.slice(0, at + 1), true)
    }
    if (!isNode(node)) return offset
    offset = node.range?.[0] ?? offset
  }
  return offset
}

/**
 * Reads a `.mosaic.yml`: the plan, or every fault with its line and column, 20 at most. Aliases are refused, and with them bombs and
 * loops; so are doubled keys, unknown keys, further documents and a file of more than 64 KiB.
 */
export const readCheckFile = (text: string): Result.Result<CheckPlan, ReadonlyArray<CheckFault>> => {
  if (Buffer.byteLength(text) > LARGEST) {
    return Result.fail([{ line: 1, column: 1, message: `the file has more than ${LARGEST / 1024} KiB` }])
  }
  const lines = new LineCounter()
  const at = (offset: number, message: string): CheckFault => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col), message }
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error", schema: "core" })
  const faults = document.errors.map(({ code, pos, message }) =>
    at(pos[0], code === "MULTIPLE_DOCS" ? "a second document begins here: there can be only one" : message)
  )
  visit(document, {
    Alias: (_, alias) => void faults.push(at(alias.range?.[0] ?? 0, "an alias (*) cannot be used here: write it out"))
  })
  if (faults.length > 0) return Result.fail(faults.slice(0, MOST_FAULTS))
  const decoded = decode(document.toJS({ maxAliasCount: 0 }))
  return Result.mapBoth(decoded, {
    onSuccess: planOf,
    onFailure: ({ issue }) =>
      issuesOf(issue)
        .issues.slice(0, MOST_FAULTS)
        .map(({ message, path = [] }) =>
          at(offsetOf(document, path.map(keyOf), message.startsWith(UNKNOWN_KEY)), message)
        )
        .toSorted((one, other) => one.line - other.line || one.column - other.column)
  })
}

const keyOf = (segment: PropertyKey | { readonly key: PropertyKey }): PropertyKey =>
  typeof segment === "object" ? segment.key : segment
