import {
  Array,
  Config,
  Context,
  Duration,
  Effect,
  Layer,
  Option,
  Record,
  Redacted,
  Result,
  Schema,
  SchemaGetter,
  SchemaIssue
} from "effect"
import { COMPACT_THRESHOLD, ROTATE_THRESHOLD } from "./domain/ContextAction.ts"
import * as Text from "./SettingsText.ts"

/** One key. Where it has to be set, `unset` goes on after "is not set: ". */
const key = <S extends Schema.Top>(name: string, schema: S, unset = "") =>
  Schema.annotateKey<S>({ title: name, messageMissingKey: `is not set: ${unset}` })(schema)

const withDefault = <A>(schema: Schema.Codec<A, string>, value: A) =>
  schema.pipe(Schema.withDecodingDefaultTypeKey(Effect.succeed(value)))

/** Null where it is not set. */
const optional = <A>(schema: Schema.Codec<A, string>) =>
  Schema.optionalKey(schema).pipe(
    Schema.decodeTo(Schema.NullOr(Schema.toType(schema)), {
      decode: SchemaGetter.transformOptional(Option.orElseSome(() => null)),
      encode: SchemaGetter.forbiddenEncoding
    })
  )

const Keys = Schema.Struct({
  webhookSecret: key(
    "GITEA_WEBHOOK_SECRET",
    Text.secret,
    "set it to the secret of the hook in Gitea, for instance from `openssl rand -hex 32`"
  ),
  previousSecret: key("GITEA_WEBHOOK_SECRET_PREVIOUS", optional(Text.secret)),
  giteaUrl: key(
    "GITEA_URL",
    Text.giteaUrl,
    "set it to the base URL of your Gitea, for instance https://git.example.com"
  ),
  giteaToken: key("GITEA_TOKEN", optional(Text.token)),
  botLogin: key("GITEA_BOT_USERNAME", withDefault(Text.login, "mosaic")),
  repositories: key("GITEA_REPOSITORIES", withDefault(Text.globs, [])),
  anthropicKey: key("ANTHROPIC_API_KEY", optional(Text.token)),
  anthropicUrl: key("ANTHROPIC_BASE_URL", optional(Text.url)),
  model: key("ANTHROPIC_MODEL", withDefault(Text.model, "claude-opus-5-5")),
  maxOutputTokens: key("ANTHROPIC_MAX_OUTPUT_TOKENS", withDefault(Text.integer(256, 128_000), 16_000)),
  database: key("DATABASE_URL", withDefault(Text.database, "./data/coordinator.db")),
  host: key("HOST", withDefault(Text.host, "::")),
  port: key("PORT", withDefault(Text.integer(0, 65_535), 8000)),
  logLevel: key("LOG_LEVEL", withDefault(Text.logLevel, "Info")),
  logFormat: key("LOG_FORMAT", optional(Text.logFormat)),
  enabled: key("COORDINATOR_ENABLED", withDefault(Text.boolean, true)),
  maxConcurrentAgents: key("COORDINATOR_MAX_CONCURRENT_AGENTS", withDefault(Text.integer(1, 1000), 10)),
  reconcileInterval: key("COORDINATOR_RECONCILE_INTERVAL", withDefault(Text.duration, Duration.minutes(5))),
  contextPollInterval: key("CONTEXT_POLL_INTERVAL", withDefault(Text.duration, Duration.seconds(10))),
  compactAt: key("CONTEXT_COMPACT_THRESHOLD", withDefault(Text.share, COMPACT_THRESHOLD)),
  rotateAt: key("CONTEXT_ROTATE_THRESHOLD", withDefault(Text.share, ROTATE_THRESHOLD)),
  contextLimit: key("CONTEXT_LIMIT_TOKENS", optional(Text.integer(1000, 10_000_000))),
  workDir: key("AGENT_WORK_DIR", withDefault(Text.folder, "./data/work")),
  sandbox: key("AGENT_SANDBOX", withDefault(Text.sandbox, "auto")),
  toolsSocket: key("AGENT_TOOLS_SOCKET", optional(Text.path)),
  setupHosts: key("AGENT_SETUP_HOSTS", withDefault(Text.hosts, [])),
  operatorToken: key("OPERATOR_TOKEN", optional(Text.ownToken)),
  otlpEndpoint: key("OTEL_EXPORTER_OTLP_ENDPOINT", optional(Text.url)),
  otlpHeaders: key("OTEL_EXPORTER_OTLP_HEADERS", optional(Text.headers))
})

/** Durations, tokens and shares as their keys say; a null value is a key that is not set. */
export type SettingsValues = typeof Keys.Type

const Thresholds = Schema.Struct({ compactAt: Keys.fields.compactAt, rotateAt: Keys.fields.rotateAt }).check(
  Schema.makeFilter(({ compactAt, rotateAt }) =>
    compactAt < rotateAt
      ? undefined
      : { path: ["compactAt"], issue: "is not below CONTEXT_ROTATE_THRESHOLD: lower it, or raise the other" }
  )
)

/** Every fault of the configuration at once, one sentence each, beginning with its key and saying what to do. */
export class InvalidSettings extends Schema.TaggedError<InvalidSettings>()("InvalidSettings", {
  faults: Schema.Array(Schema.String)
}) {
  override get message() {
    return this.faults.join("\n")
  }
}

const NAMES: Readonly<Record<string, string>> = Record.map(
  Keys.fields,
  (field, own) => Schema.resolveAnnotationsKey(field)?.title ?? own
)

/** The texts of the keys that are set. An empty one counts as not set. */
const texts = Effect.forEach(Object.entries(NAMES), ([own, name]) =>
  Effect.map(Config.option(Config.String(name)), (text) => [own, Option.getOrElse(text, () => "").trim()] as const)
).pipe(
  Effect.orDie,
  Effect.map((all) => Record.fromEntries(all.filter(([, text]) => text !== "")))
)

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

/** A sentence for each key that is wrong: its first fault. */
const faultsOf = (errors: ReadonlyArray<Schema.SchemaError>): ReadonlyArray<string> => {
  const issues = errors.flatMap(({ issue }) => issuesOf(issue).issues)
  const first = new Map(issues.reverse().map(({ message, path }) => [String(path?.[0]), message]))
  return Object.entries(NAMES).flatMap(([own, name]) => (first.has(own) ? [`${name} ${first.get(own)}`] : []))
}

/** The configuration, read once. */
export class Settings extends Context.Service<Settings, SettingsValues>()("mosaic-coordinator/Settings") {
  static readonly layer = Layer.effect(
    Settings,
    Effect.gen(function* () {
      const set = yield* texts
      const all = Schema.decodeUnknownResult(Keys)(set, { errors: "all" })
      const thresholds = Schema.decodeResult(Thresholds)(set, { errors: "all" })
      if (Result.isSuccess(all) && Result.isSuccess(thresholds)) return all.success
      return yield* new InvalidSettings({ faults: faultsOf(Array.getFailures([all, thresholds])) })
    })
  )
}

/** A short value is a word that other lines have by chance: a header of the collector's may be one. */
const isLong = (value: string) => value.length >= Text.SHORT

/** Secrets by value, to be kept out of everything that is printed. */
export const secretsOf = (settings: SettingsValues): ReadonlyArray<string> => [
  ...[
    settings.webhookSecret,
    settings.previousSecret,
    settings.giteaToken,
    settings.anthropicKey,
    settings.operatorToken
  ].flatMap((secret) => (secret === null ? [] : [Redacted.value(secret)])),
  ...(settings.otlpHeaders === null ? [] : Object.values(Redacted.value(settings.otlpHeaders)).filter(isLong))
]

/** Sentences for the log at start: nothing is wrong, but it is worth knowing. */
export const warningsOf = (settings: SettingsValues): ReadonlyArray<string> => [
  ...(settings.repositories.length === 0
    ? ["GITEA_REPOSITORIES is not set: every repository that assigns the bot may ask for work"]
    : []),
  ...(settings.giteaToken === null
    ? ["GITEA_TOKEN is not set: receive-only, deliveries and tasks are kept and nothing is started"]
    : []),
  ...(settings.anthropicKey === null ? ["ANTHROPIC_API_KEY is not set: tasks wait in ready"] : []),
  ...(settings.enabled ? [] : ["COORDINATOR_ENABLED is false: deliveries and tasks are kept and nothing is started"])
]
