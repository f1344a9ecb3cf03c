import { Context, Effect, Layer, Metric } from "effect"
import { ModelClient } from "../anthropic/ModelClient.ts"
import type { ModelError } from "../anthropic/ModelError.ts"
import { billedTokens, inputTokens } from "../domain/Reply.ts"
import type { Block, Reply } from "../domain/Reply.ts"
import * as Metrics from "../telemetry/Metrics.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { LeaseLost } from "../task/Lease.ts"
import type { Conversation } from "./Conversations.ts"
import { makePaidCall } from "./PaidCall.ts"
import type { TriesSpent } from "./PaidCall.ts"

type TurnError = LeaseLost | StoreUnavailable | ModelError | TriesSpent

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
      const paidCall = yield* makePaidCall

      const take = Effect.fn("Turns.take")(function* (conversation: Conversation) {
        const { tries, settlement } = yield* paidCall(conversation)
        const reply = yield* client.turn(yield* conversation.request, tries)
        const { elapsed, tokens } = yield* settlement
        yield* conversation.learn(inputTokens(reply.usage))
        yield* conversation.append({ _tag: "Replied", reply, elapsed }, { tokens, elapsed: 0 })
        yield* Effect.andThen(Metric.update(Metrics.turns, 1), Metrics.billed(reply.usage))
        yield* Effect.logInfo("Turn finished").pipe(Effect.annotateLogs({ stopReason: reply.stopReason, elapsed }))
      })

      const fail = ({ append }: Conversation, reason: string) =>
        Effect.as(append({ _tag: "CompactionFailed", reason }), null)

      const compact = Effect.fn("Turns.compact")(function* (conversation: Conversation) {
        const { tries, settlement } = yield* paidCall(conversation)
        const reply = yield* client.compact(yield* conversation.request, tries).pipe(
          Effect.catchTag(["ModelOverloaded", "ModelRejected", "ThinkingRejected", "ContextOverflow"], (error) =>
            fail(conversation, error.message)
          ),
          Effect.catchTag("TriesSpent", (spent): Effect.Effect<null, TurnError> =>
            spent.isBound ? Effect.fail(spent) : fail(conversation, spent.cause)
          )
        )
        if (reply === null) return
        yield* Metrics.billed(reply.usage)
        const block = blockOf(reply)
        const { elapsed, tokens } = yield* settlement
        yield* block === undefined
          ? conversation.append(
              { _tag: "CompactionFailed", reason: `Claude answered without a summary (${reply.stopReason})` },
              { tokens: tokens + billedTokens(reply.usage), elapsed }
            )
          : conversation.append({ _tag: "Compacted", block, usage: reply.usage }, { tokens, elapsed })
        // What the monitor proposed while the summary was being made was about the history that is gone.
        yield* conversation.takeProposal
        if (block !== undefined) yield* Metric.update(Metrics.contextAction("compact"), 1)
        yield* Effect.logInfo(block === undefined ? "Compaction returned no summary" : "Conversation compacted")
      })

      return { take, compact }
    })
  )
}
