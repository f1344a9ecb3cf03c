import { Context, Deferred, Effect, Layer, Schedule } from "effect"
import type { Bot, User } from "../domain/User.ts"
import { Settings } from "../Settings.ts"
import { AFTER_OUTAGE, makeTrouble } from "../telemetry/Trouble.ts"
import { Gitea } from "./Gitea.ts"

const ASK_AGAIN = Schedule.spaced(AFTER_OUTAGE)

/** Who the bot is. Asked in the background: intake never waits for Gitea. */
export class BotIdentity extends Context.Service<
  BotIdentity,
  {
    /** As far as it is known now. */
    readonly current: Effect.Effect<Bot>
    /** Waits until Gitea has confirmed that the token belongs to `GITEA_BOT_USERNAME`; for ever when it does not. */
    readonly confirmed: Effect.Effect<User>
    /** Null when it is confirmed, else why not; for readiness. */
    readonly problem: Effect.Effect<string | null>
  }
>()("mosaic-coordinator/gitea/BotIdentity") {
  static readonly layer = Layer.effect(
    BotIdentity,
    Effect.gen(function* () {
      const { botLogin, giteaToken } = yield* Settings
      const gitea = yield* Gitea
      const asking = makeTrouble<null>({ says: "Cannot ask Gitea who the bot is" })
      const known = yield* Deferred.make<User>()
      let current: Bot = { login: botLogin, id: null }
      let problem: string | null = "GITEA_TOKEN is not set"

      const confirm = Effect.gen(function* () {
        const user = yield* gitea.whoAmI
        if (user.login.toLowerCase() === botLogin.toLowerCase()) {
          problem = null
          current = user
          return yield* Deferred.succeed(known, user)
        }
        problem = `GITEA_TOKEN belongs to ${user.login}, not to GITEA_BOT_USERNAME ${botLogin}: nothing is started until one of them is set to match the other`
        return yield* Effect.logError(problem)
      }).pipe(
        Effect.tapError((error) => {
          problem = error.message
          return asking.met(null, { error, kind: error.message })
        }),
        Effect.retry(ASK_AGAIN)
      )
      if (giteaToken !== null) {
        problem = "Gitea has not answered yet"
        yield* Effect.forkScoped(confirm)
      }

      return {
        current: Effect.sync(() => current),
        confirmed: Deferred.await(known),
        problem: Effect.sync(() => problem)
      }
    })
  )
}
