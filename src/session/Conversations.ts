import { Clock, Context, Effect, Layer, Ref, Scope } from "effect"
import { ModelClient } from "../anthropic/ModelClient.ts"
import type { ModelRequest } from "../anthropic/ModelRequest.ts"
import { cleanView } from "../domain/CleanView.ts"
import type { JournalEntry } from "../domain/JournalEntry.ts"
import { estimateTokens } from "../domain/ContextUsage.ts"
import { TokenScale } from "../context/TokenScale.ts"
import * as Meter from "../context/Meter.ts"
import type { Reading } from "../domain/Reading.ts"
import type { Session } from "../domain/Session.ts"
import { advance, userContent } from "../domain/Transcript.ts"
import type { ToolCall, Transcript } from "../domain/Transcript.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { Claim, LeaseLost } from "../task/Lease.ts"
import { Journal } from "./Journal.ts"
import { json, makeReplays } from "./Replays.ts"
import { LiveSessions } from "../context/LiveSessions.ts"
import type { SessionControls } from "../context/LiveSessions.ts"
import type { Settlement } from "./PaidCall.ts"

type WriteError = LeaseLost | StoreUnavailable

/** A session at work: the transcript that its journal tells, and the only way to add to both. */
export interface Conversation extends SessionControls {
  readonly claim: Claim
  readonly session: Session
  readonly transcript: Effect.Effect<Transcript>
  /** The input that the newest request really had, in tokens, corrects further estimates. */
  learn(input: number): Effect.Effect<void>
  /** Characters of its journal. */
  readonly size: Effect.Effect<number>
  /** What the next request sends. */
  readonly request: Effect.Effect<ModelRequest>
  /** Stores the entry, then takes it into the transcript and the meter. A paid call is settled with the entry that ends it. */
  append(entry: JournalEntry, settlement?: Settlement): Effect.Effect<void, WriteError>
  /** Adds the tool results at hand and this text to what is sent next; `read`: what of the issue is known with it. */
  ask(text: string | null, read?: Reading | null): Effect.Effect<void, WriteError>
  /** Whether the journal it was taken up from gives, byte for byte, the request that was asked and not answered. */
  readonly isFaithful: boolean
}

/** What a request is estimated to take, in tokens. */
export const sizeOf = ({ system, tools, messages }: ModelRequest) =>
  Effect.map(json(messages), (text) => [system, tools, text].reduce((all, part) => all + estimateTokens(part), 0))

/** How the meter moves with an entry; `calls` are those answered by it, `scale` what an estimated token is worth. */
const measure = Effect.fnUntraced(function* (entry: JournalEntry, calls: ReadonlyArray<ToolCall>, scale: number) {
  const at = yield* Clock.currentTimeMillis
  if (entry._tag === "Asked") {
    const text = yield* json(userContent(calls, entry.text))
    const tokens = Math.ceil(estimateTokens(text) * scale)
    return (meter: Meter.Meter) => Meter.appended(meter, tokens, at)
  }
  if (entry._tag === "Replied") return (meter: Meter.Meter) => Meter.replied(meter, entry.reply, at)
  return entry._tag === "Compacted" ? Meter.compacted : undefined
})

/** Takes sessions up from their journals: a crash is followed by a replay, never by asking the model again. */
export class Conversations extends Context.Service<
  Conversations,
  {
    /** Live, and under the eye of the context monitor, until the scope ends. */
    resume(claim: Claim, session: Session): Effect.Effect<Conversation, WriteError, Scope.Scope>
  }
>()("mosaic-coordinator/session/Conversations") {
  static readonly layer = Layer.effect(
    Conversations,
    Effect.gen(function* () {
      const journal = yield* Journal
      const sessions = yield* LiveSessions
      const client = yield* ModelClient
      const scale = yield* TokenScale
      const { hashOf, replay } = yield* makeReplays

      const resume = Effect.fn("Conversations.resume")(function* (claim: Claim, session: Session) {
        const before = yield* replay(claim, session)
        let { entries: seq, size, transcript } = before
        const { model, system, tools, canCompact } = session
        const request = Effect.sync((): ModelRequest => {
          const messages = cleanView(transcript.messages, transcript.thinkingFrom)
          return { model, system, tools, messages, canCompact }
        })
        const learn = (actual: number) =>
          Effect.flatMap(Effect.flatMap(request, sizeOf), (estimated) => scale.learn(model, estimated, actual))
        const controls = yield* sessions.enter(session, {
          count: Effect.flatMap(request, (asked) => Effect.tap(client.count(asked), learn)),
          canCompact: Effect.sync(() => canCompact && transcript.repliesSinceCompaction !== 0),
          meter: seq === 0 ? Meter.blank : Meter.unmeasured
        })

        const append = Effect.fnUntraced(function* (entry: JournalEntry, settlement?: Settlement) {
          size += yield* journal.append(claim, session.id, seq, entry, settlement)
          seq += 1
          const move = yield* measure(entry, transcript.calls, yield* scale.of(model))
          transcript = advance(transcript, entry)
          if (move !== undefined) yield* Ref.update(controls.meter, move)
        })

        const ask = Effect.fnUntraced(function* (text: string | null, read: Reading | null = null) {
          const asked = advance(transcript, { _tag: "Asked", text, hash: "" })
          const hash = yield* hashOf(session, asked.messages)
          yield* append({ _tag: "Asked", text, hash, ...(read === null ? {} : { read }) })
        })

        return {
          ...controls,
          claim,
          session,
          transcript: Effect.sync(() => transcript),
          learn,
          size: Effect.sync(() => size),
          request,
          append,
          ask,
          isFaithful: before.isFaithful
        }
      })

      return { resume }
    })
  )
}
