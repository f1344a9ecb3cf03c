import { Clock, Context, Effect, Layer, Metric, Ref } from "effect"
import { ModelClient } from "../anthropic/ModelClient.ts"
import type { StreamUsage } from "../anthropic/ModelRequest.ts"
import type { ModelError } from "../anthropic/ModelError.ts"
import * as Meter from "../context/Meter.ts"
import type { Block, Reply } from "../domain/Reply.ts"
import * as Metrics from "../telemetry/Metrics.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { LeaseLost } from "../task/Lease.ts"
import type { Conversation } from "./Conversations.ts"

type TurnError = LeaseLost | StoreUnavailable | ModelError

const blockOf = ({ stopReason, content }: Reply): Block | undefined =>
  stopReason === "compaction" ? content.find(({ type }) => type === "compaction") : undefined

/** The paid calls of a session: one turn, one compaction. Each is journalled before anything follows from it. */
export class Turns extends Context.Service<
  Turns,
  {
    /** Sends the request and stores the reply; usage is kept current while it streams. */
    take(conversation: Conversation): Effect.Effect<void, TurnError>
    /** Summarises the conversation, or journals why that was not possible. */
    compact(conversation: Conversation): Effect.Effect<void, TurnError>
  }
>()("mosaic-coordinator/session/Turns") {
  static readonly layer = Layer.effect(
    Turns,
    Effect.gen(function* () {
      const client = yield* ModelClient

      const take = Effect.fn("Turns.take")(function* ({ meter, request, append }: Conversation) {
        // From the last beginning of a reply on: waiting for an outage to end is not work.
        const began = yield* Ref.make(yield* Clock.currentTimeMillis)
        const written = yield* Ref.make<number | null>(null)
        const follow = Effect.fnUntraced(function* (usage: StreamUsage | null) {
          if (usage === null) return yield* Ref.update(meter, Meter.cut)
          const { input, output } = usage
          const now = yield* Clock.currentTimeMillis
          const before = yield* Ref.getAndSet(written, output)
          if (output === 0 && before !== 0) yield* Ref.set(began, now)
          return yield* Ref.update(meter, (figure) => Meter.streamed(figure, input + output, now))
        })
        const reply = yield* client.turn(yield* request, follow)
        const elapsed = (yield* Clock.currentTimeMillis) - (yield* Ref.get(began))
        yield* append({ _tag: "Replied", reply, elapsed })
        yield* Effect.andThen(Metric.update(Metrics.turns, 1), Metrics.billed(reply.usage))
        yield* Effect.logInfo("Turn finished").pipe(Effect.annotateLogs({ stopReason: reply.stopReason, elapsed }))
      })

      const compact = Effect.fn("Turns.compact")(function* ({ request, append, takeProposal }: Conversation) {
        const reply = yield* client
          .compact(yield* request)
          .pipe(
            Effect.catchTag(["ModelOverloaded", "ModelRejected", "ThinkingRejected", "ContextOverflow"], (error) =>
              Effect.as(append({ _tag: "CompactionFailed", reason: error.message }), null)
            )
          )
        if (reply === null) return
        yield* Metrics.billed(reply.usage)
        const block = blockOf(reply)
        yield* append(
          block === undefined
            ? { _tag: "CompactionFailed", reason: `Claude answered without a summary (${reply.stopReason})` }
            : { _tag: "Compacted", block, usage: reply.usage }
        )
        // What the monitor proposed while the summary was being made was about the history that is gone.
        yield* takeProposal
        if (block !== undefined) yield* Metric.update(Metrics.contextAction("compact"), 1)
        yield* Effect.logInfo(block === undefined ? "Compaction returned no summary" : "Conversation compacted")
      })

      return { take, compact }
    })
  )
}
