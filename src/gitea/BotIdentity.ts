import { Context, Deferred, Effect, Layer, Schedule } from "effect"
import type { Bot, User } from "../domain/User.ts"
import { Settings } from "../Settings.ts"
import { SetupFaults } from "../telemetry/SetupFaults.ts"
import { AFTER_OUTAGE, makeTrouble, say } from "../telemetry/Trouble.ts"
import { Gitea } from "./Gitea.ts"

const ASK_AGAIN = Schedule.spaced(AFTER_OUTAGE)
/** Once it is confirmed: somebody may rename the bot. */
const LOOK_AGAIN = "5 minutes"

/** What a start would make of a name that has changed. */
const renamed = (login: string, botLogin: string) =>
  `the bot is called ${login} now, and GITEA_BOT_USERNAME says ${botLogin}: set it to ${login} before the next start, which would start nothing otherwise`

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
      const faults = yield* SetupFaults
      const asking = makeTrouble<null>({ says: "Cannot ask Gitea who the bot is" })
      const known = yield* Deferred.make<User>()
      let current: Bot = { login: botLogin, id: null }
      let problem: string | null = "GITEA_TOKEN is not set"

      // Where Gitea tells; where it does not, the first refusal does.
      const scopes = gitea.scopes.pipe(
        Effect.andThen(gitea.lacking),
        Effect.flatMap((lacking) => (lacking === null ? Effect.void : Effect.logError(lacking.detail))),
        Effect.ignore
      )

      const look = Effect.gen(function* () {
        const user = yield* gitea.whoAmI
        yield* asking.over(null)
        if (user.login.toLowerCase() === botLogin.toLowerCase()) {
          problem = null
          current = user
          yield* faults.over("renamed")
          if (!(yield* Deferred.isDone(known))) yield* scopes
          return yield* Deferred.succeed(known, user)
        }
        if (yield* Deferred.isDone(known)) {
          current = user
          return yield* faults.found("renamed", renamed(user.login, botLogin))
        }
        const before = problem
        problem = `GITEA_TOKEN belongs to ${user.login}, not to GITEA_BOT_USERNAME ${botLogin}: nothing is started until one of them is set to match the other; if the bot was renamed, set GITEA_BOT_USERNAME to ${user.login}`
        return yield* say(problem !== before, { level: "Error", says: problem })
      }).pipe(
        Effect.tapError((error) => {
          if (!Deferred.isDoneUnsafe(known)) problem = error.message
          return asking.met(null, { error, kind: error.message })
        }),
        Effect.ignore
      )
      if (giteaToken !== null) {
        problem = "Gitea has not answered yet"
        yield* look.pipe(
          Effect.andThen(Deferred.isDone(known)),
          Effect.repeat({ until: (isKnown) => isKnown, schedule: ASK_AGAIN }),
          Effect.andThen(Effect.forever(Effect.delay(look, LOOK_AGAIN))),
          Effect.forkScoped
        )
      }

      return {
        current: Effect.sync(() => current),
        confirmed: Deferred.await(known),
        problem: Effect.sync(() => problem)
      }
    })
  )
}
