import { Effect, Layer, Redacted, Schedule } from "effect"
import { Gitea } from "../../src/gitea/Gitea.ts"
import type { GiteaError } from "../../src/gitea/GiteaError.ts"
import { GiteaRetry } from "../../src/gitea/GiteaClient.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import type { SettingsValues } from "../../src/Settings.ts"
import { settings } from "../harness/TestSettings.ts"

/** No call is repeated. */
export const once = Layer.succeed(GiteaRetry, Schedule.recurs(0))

/** What can help is tried again, four times and without a pause. */
export const atOnce = Layer.succeed(
  GiteaRetry,
  Schedule.recurs(4).pipe(
    Schedule.setInputType<GiteaError>(),
    Schedule.while(({ input }) => input.retryable)
  )
)

/** The adapter as the bot, over a socket to the stand-in. */
export const adapter = (retry: Layer.Layer<never> = once, overrides: Partial<SettingsValues> = {}) =>
  Gitea.layer.pipe(
    Layer.provide(retry),
    Layer.provide(
      Layer.unwrap(
        Effect.map(SandboxGitea, ({ bot, url }) =>
          settings({ giteaUrl: url, giteaToken: Redacted.make(bot.token), ...overrides })
        )
      )
    ),
    Layer.provideMerge(SandboxGitea.layer)
  )
