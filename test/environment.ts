import { ConfigProvider, Duration, Effect } from "effect"
import { Settings } from "../src/Settings.ts"
import type { InvalidSettings, SettingsValues } from "../src/Settings.ts"

export type Environment = Readonly<Record<string, string>>

export const REQUIRED = { GITEA_WEBHOOK_SECRET: "synthetic-webhook-secret", GITEA_URL: "https://git.example.com" }

export const read = (env: Environment): Effect.Effect<SettingsValues, InvalidSettings> =>
  Effect.provide(Settings, Settings.layer).pipe(
    Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnv({ env: { ...REQUIRED, ...env } }))
  )

export interface Key {
  readonly name: string
  readonly value: keyof SettingsValues
  /** What is read where the key is not set. */
  readonly missing: unknown
  readonly right: readonly [text: string, value: unknown]
  readonly wrong: string | null
}

/** Every key but the two that are required. */
export const OPTIONAL: ReadonlyArray<Key> = [
  {
    name: "GITEA_WEBHOOK_SECRET_PREVIOUS",
    value: "previousSecret",
    missing: null,
    right: ["the-secret-before", "the-secret-before"],
    wrong: "changeme"
  },
  {
    name: "GITEA_TOKEN",
    value: "giteaToken",
    missing: null,
    right: ["an-operators-own-token", "an-operators-own-token"],
    wrong: "two words"
  },
  { name: "GITEA_BOT_USERNAME", value: "botLogin", missing: "mosaic", right: ["press-bot", "press-bot"], wrong: "a b" },
  { name: "GITEA_REPOSITORIES", value: "repositories", missing: [], right: ["a/*, b/c", ["a/*", "b/c"]], wrong: "a" },
  {
    name: "ANTHROPIC_API_KEY",
    value: "anthropicKey",
    missing: null,
    right: ["sk-synthetic-key-1", "sk-synthetic-key-1"],
    wrong: "two words"
  },
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
  { name: "HOST", value: "host", missing: "::", right: ["127.0.0.1", "127.0.0.1"], wrong: "localhost:80" },
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
  { name: "AGENT_SANDBOX", value: "sandbox", missing: "auto", right: ["BWRAP", "bwrap"], wrong: "docker" },
  {
    name: "AGENT_TOOLS_SOCKET",
    value: "toolsSocket",
    missing: null,
    right: ["/work/tools.sock", "/work/tools.sock"],
    wrong: "tools.sock"
  },
  {
    name: "AGENT_SETUP_HOSTS",
    value: "setupHosts",
    missing: [],
    right: ["Registry.npmjs.org, *.example.com", ["registry.npmjs.org", "*.example.com"]],
    wrong: "https://registry.npmjs.org"
  },
  {
    name: "AGENT_WORK_DIR",
    value: "workDir",
    missing: "./data/work",
    right: ["/srv/mosaic", "/srv/mosaic"],
    wrong: null
  },
  {
    name: "OPERATOR_TOKEN",
    value: "operatorToken",
    missing: null,
    right: ["an-operators-own-token", "an-operators-own-token"],
    wrong: "two words"
  },
  {
    name: "OTEL_EXPORTER_OTLP_ENDPOINT",
    value: "otlpEndpoint",
    missing: null,
    right: ["http://127.0.0.1:4318/", "http://127.0.0.1:4318"],
    wrong: "localhost:4318"
  },
  {
    name: "OTEL_EXPORTER_OTLP_HEADERS",
    value: "otlpHeaders",
    missing: null,
    right: ["authorization=Bearer%20abc=, x-tenant=press", { authorization: "Bearer abc=", "x-tenant": "press" }],
    wrong: "Bearer abc"
  }
]
