import { Config, Context, Duration, Effect, Layer, Option, Redacted, Result, Schema } from "effect"
import { COMPACT_THRESHOLD, ROTATE_THRESHOLD } from "./domain/ContextAction.ts"
import * as Text from "./SettingsText.ts"

/** One key: its value, or a sentence that begins with the key and says what to do. An empty value counts as not set. */
const key = <A>(name: string, parse: Text.Parse<A>) =>
  Config.option(Config.String(name)).pipe(
    Effect.orDie,
    Effect.map((value) => Result.mapError(parse(Option.getOrUndefined(value)?.trim()), (fault) => `${name} ${fault}`))
  )

const keys = Effect.all({
  webhookSecret: key(
    "GITEA_WEBHOOK_SECRET",
    Text.required(Text.secret, "set it to the secret of the hook in Gitea, for instance from `openssl rand -hex 32`")
  ),
  previousSecret: key("GITEA_WEBHOOK_SECRET_PREVIOUS", Text.optional(Text.secret)),
  giteaUrl: key(
    "GITEA_URL",
    Text.required(Text.giteaUrl, "set it to the base URL of your Gitea, for instance https://git.example.com")
  ),
  giteaToken: key("GITEA_TOKEN", Text.optional(Text.token)),
  botLogin: key("GITEA_BOT_USERNAME", Text.withDefault(Text.login, "mosaic")),
  repositories: key("GITEA_REPOSITORIES", Text.withDefault(Text.globs, [])),
  anthropicKey: key("ANTHROPIC_API_KEY", Text.optional(Text.token)),
  anthropicUrl: key("ANTHROPIC_BASE_URL", Text.optional(Text.url)),
  model: key("ANTHROPIC_MODEL", Text.withDefault(Text.model, "claude-opus-5-5")),
  maxOutputTokens: key("ANTHROPIC_MAX_OUTPUT_TOKENS", Text.withDefault(Text.integer(256, 128_000), 16_000)),
  database: key("DATABASE_URL", Text.withDefault(Text.database, "./data/coordinator.db")),
  host: key("HOST", Text.withDefault(Text.host, "0.0.0.0")),
  port: key("PORT", Text.withDefault(Text.integer(0, 65_535), 8000)),
  logLevel: key("LOG_LEVEL", Text.withDefault(Text.logLevel, "Info")),
  logFormat: key("LOG_FORMAT", Text.optional(Text.logFormat)),
  enabled: key("COORDINATOR_ENABLED", Text.withDefault(Text.boolean, true)),
  maxConcurrentAgents: key("COORDINATOR_MAX_CONCURRENT_AGENTS", Text.withDefault(Text.integer(1, 1000), 10)),
  reconcileInterval: key("COORDINATOR_RECONCILE_INTERVAL", Text.withDefault(Text.duration, Duration.minutes(5))),
  contextPollInterval: key("CONTEXT_POLL_INTERVAL", Text.withDefault(Text.duration, Duration.seconds(10))),
  compactAt: key("CONTEXT_COMPACT_THRESHOLD", Text.withDefault(Text.share, COMPACT_THRESHOLD)),
  rotateAt: key("CONTEXT_ROTATE_THRESHOLD", Text.withDefault(Text.share, ROTATE_THRESHOLD)),
  contextLimit: key("CONTEXT_LIMIT_TOKENS", Text.optional(Text.integer(1000, 10_000_000))),
  operatorToken: key("OPERATOR_TOKEN", Text.optional(Text.longToken))
})

type Success<R> = { readonly [K in keyof R]: R[K] extends Result.Result<infer A, string> ? A : never }

/** Durations, tokens and shares as their keys say; a null value is a key that is not set. */
export type SettingsValues = Success<Effect.Success<typeof keys>>

/** Every fault of the configuration at once, one sentence each, beginning with its key and saying what to do. */
export class InvalidSettings extends Schema.TaggedError<InvalidSettings>()("InvalidSettings", {
  faults: Schema.Array(Schema.String)
}) {
  override get message() {
    return this.faults.join("\n")
  }
}

const thresholds = ({ compactAt, rotateAt }: Effect.Success<typeof keys>): ReadonlyArray<string> =>
  Result.isSuccess(compactAt) && Result.isSuccess(rotateAt) && compactAt.success >= rotateAt.success
    ? ["CONTEXT_COMPACT_THRESHOLD is not below CONTEXT_ROTATE_THRESHOLD: lower it, or raise the other"]
    : []

/** The configuration, read once. */
export class Settings extends Context.Service<Settings, SettingsValues>()("mosaic-coordinator/Settings") {
  static readonly layer = Layer.effect(
    Settings,
    Effect.gen(function* () {
      const results = yield* keys
      const faults = Object.values<Result.Result<unknown, string>>(results).flatMap((result) =>
        Result.isFailure(result) ? [result.failure] : []
      )
      const all = Result.all(results)
      if (Result.isSuccess(all) && thresholds(results).length === 0) return all.success
      return yield* new InvalidSettings({ faults: [...faults, ...thresholds(results)] })
    })
  )
}

/** Secrets by value, to be kept out of everything that is printed. */
export const secretsOf = (settings: SettingsValues): ReadonlyArray<string> =>
  [
    settings.webhookSecret,
    settings.previousSecret,
    settings.giteaToken,
    settings.anthropicKey,
    settings.operatorToken
  ].flatMap((secret) => (secret === null ? [] : [Redacted.value(secret)]))

const shortSecret = (name: string, secret: Redacted.Redacted | null): ReadonlyArray<string> =>
  secret !== null && Redacted.value(secret).length < Text.SHORT
    ? [`${name} is shorter than ${Text.SHORT} characters: use a longer one`]
    : []

/** Sentences for the log at start: nothing is wrong, but it is worth knowing. */
export const warningsOf = (settings: SettingsValues): ReadonlyArray<string> => [
  ...shortSecret("GITEA_WEBHOOK_SECRET", settings.webhookSecret),
  ...shortSecret("GITEA_WEBHOOK_SECRET_PREVIOUS", settings.previousSecret),
  ...(settings.repositories.length === 0
    ? ["GITEA_REPOSITORIES is not set: every repository that assigns the bot may ask for work"]
    : []),
  ...(settings.giteaToken === null
    ? ["GITEA_TOKEN is not set: receive-only, deliveries and tasks are kept and nothing is started"]
    : []),
  ...(settings.anthropicKey === null ? ["ANTHROPIC_API_KEY is not set: tasks wait in ready"] : []),
  ...(settings.enabled ? [] : ["COORDINATOR_ENABLED is false: deliveries and tasks are kept and nothing is started"])
]
