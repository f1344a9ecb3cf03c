import { ConfigProvider, Effect, Layer } from "effect"
import { Settings } from "../../src/Settings.ts"
import type { SettingsValues } from "../../src/Settings.ts"

/** The secret the fixtures' signatures were made with. */
export const SECRET = "synthetic-webhook-secret"

const ENVIRONMENT = {
  GITEA_WEBHOOK_SECRET: SECRET,
  GITEA_URL: "https://git.example.com",
  GITEA_TOKEN: "a-token-for-tests",
  GITEA_BOT_USERNAME: "press-bot",
  ANTHROPIC_API_KEY: "a-key-for-the-tests",
  DATABASE_URL: "sqlite::memory:",
  // No socket is named, so that no process is tried: a test of the tools says what it wants.
  AGENT_SANDBOX: "socket"
}

/** The settings as they are read from an environment that sets all keys a whole server needs, with anything replaced. */
export const settings = (overrides: Partial<SettingsValues> = {}): Layer.Layer<Settings> =>
  Layer.effect(
    Settings,
    Effect.map(Settings, (values) => ({ ...values, ...overrides }))
  ).pipe(
    Layer.provide(Settings.layer),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env: ENVIRONMENT }))),
    Layer.orDie
  )
