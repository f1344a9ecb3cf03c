import { Context, Data, Duration, Effect, Layer } from "effect"
import { exhausted, MAX_BARREN_ROTATIONS } from "../domain/TaskLimits.ts"
import { strongest } from "../domain/ContextAction.ts"
import { percent } from "../domain/ContextUsage.ts"
import type { SessionId } from "../domain/Session.ts"
import { JOURNAL_FULL, MAX_JOURNAL } from "../domain/SessionLimits.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { Claim } from "../task/Lease.ts"
import { Tasks } from "../task/Tasks.ts"
import { makeTrouble } from "../telemetry/Trouble.ts"
import type { Conversation } from "./Conversations.ts"
import { Journal } from "./Journal.ts"
import { UsageLog } from "../context/UsageLog.ts"
import { tooSlow } from "../context/LiveSessions.ts"
import type { LiveSession } from "../context/LiveSessions.ts"

const COUNT_LIMIT = Duration.seconds(10)

/** What stands before the next paid call. */
export type PaidStep = Data.TaggedEnum<{
  Send: {}
  Compact: {}
  Rotate: { readonly cause: string }
  Park: { readonly cause: string }
}>
export const PaidStep = Data.taggedEnum<PaidStep>()

/**
 * The check before each request: the bounds of the task, the journal, and the context, by the same decision as the monitor's,
 * because one turn can jump past a tick.
 */
export class Clearance extends Context.Service<
  Clearance,
  {
    clear(claim: Claim, conversation: Conversation): Effect.Effect<PaidStep, StoreUnavailable>
    /** Null when another rotation may follow, else why not. */
    barred(claim: Claim): Effect.Effect<string | null, StoreUnavailable>
  }
>()("mosaic-coordinator/session/Clearance") {
  static readonly layer = Layer.effect(
    Clearance,
    Effect.gen(function* () {
      const tasks = yield* Tasks
      const samples = yield* UsageLog
      const journal = yield* Journal

      const counts = makeTrouble<SessionId>({ says: "Context cannot be counted" })

      // A count is a help, not a condition: without it the last known figure decides.
      const count = ({ poll, session }: LiveSession) =>
        poll.pipe(
          Effect.timeoutOrElse({ duration: COUNT_LIMIT, orElse: () => Effect.fail(tooSlow) }),
          Effect.andThen(counts.over(session.id)),
          Effect.catch((error) => Effect.asVoid(counts.met(session.id, { error })))
        )

      const decide = Effect.fnUntraced(function* ({ live, takeProposal }: Conversation) {
        if (yield* live.needsCount) yield* count(live)
        return strongest(yield* samples.sample(live, "request"), yield* takeProposal)
      })

      const clear = Effect.fn("Clearance.clear")(function* ({ task }: Claim, conversation: Conversation) {
        const account = yield* tasks.find(task.id)
        const bound = account === null ? null : exhausted(account)
        if (bound !== null) return PaidStep.Park({ cause: bound })
        if (!conversation.isFaithful) {
          return PaidStep.Park({ cause: "its journal no longer gives the request that was journalled" })
        }
        if ((yield* conversation.size) >= MAX_JOURNAL) return PaidStep.Rotate({ cause: JOURNAL_FULL })
        const action = yield* decide(conversation)
        const ratio = percent((yield* conversation.live.usage)?.ratio ?? 0)
        if (action === "continue") return PaidStep.Send()
        if ((yield* conversation.transcript).turns === 0) {
          return PaidStep.Park({ cause: `a fresh session would begin with its context ${ratio} full` })
        }
        return action === "compact" ? PaidStep.Compact() : PaidStep.Rotate({ cause: `the context is ${ratio} full` })
      })

      const barred = Effect.fn("Clearance.barred")(function* ({ task }: Claim) {
        return (yield* journal.barren(task)) < MAX_BARREN_ROTATIONS
          ? null
          : `${MAX_BARREN_ROTATIONS} sessions in a row ended without a finished turn`
      })

      return { clear, barred }
    })
  )
}
