import { Clock, Context, Effect, Layer, Ref, Schema, Scope } from "effect"
import { Digest } from "effect/crypto"
import { ModelClient } from "../anthropic/ModelClient.ts"
import type { ModelRequest } from "../anthropic/ModelRequest.ts"
import { cleanView } from "../domain/CleanView.ts"
import type { JournalEntry } from "../domain/JournalEntry.ts"
import * as Meter from "../context/Meter.ts"
import type { Session } from "../domain/Session.ts"
import { advance, replay, userContent } from "../domain/Transcript.ts"
import type { ToolCall, Transcript } from "../domain/Transcript.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { Claim, LeaseLost } from "../task/Lease.ts"
import { Journal } from "./Journal.ts"
import { LiveSessions } from "../context/LiveSessions.ts"
import type { SessionControls } from "../context/LiveSessions.ts"

type WriteError = LeaseLost | StoreUnavailable

/** A session at work: the transcript that its journal tells, and the only way to add to both. */
export interface Conversation extends SessionControls {
  readonly session: Session
  readonly transcript: Effect.Effect<Transcript>
  /** What the next request sends. */
  readonly request: Effect.Effect<ModelRequest>
  /** Stores the entry, then takes it into the transcript and the meter. */
  append(entry: JournalEntry): Effect.Effect<void, WriteError>
  /** Adds the tool results at hand and this text to what is sent next. */
  ask(text: string | null): Effect.Effect<void, WriteError>
  /** Whether the journal it was taken up from gives, byte for byte, the request that was asked and not answered. */
  readonly isFaithful: boolean
}

const json = (value: unknown) => Effect.orDie(Schema.encodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))(value))

/** How the meter moves with an entry; `calls` are those answered by it. */
const measure = Effect.fnUntraced(function* (entry: JournalEntry, calls: ReadonlyArray<ToolCall>) {
  const at = yield* Clock.currentTimeMillis
  if (entry._tag === "Asked") {
    const text = yield* json(userContent(calls, entry.text))
    return (meter: Meter.Meter) => Meter.appended(meter, text, at)
  }
  if (entry._tag === "Replied") return (meter: Meter.Meter) => Meter.replied(meter, entry.reply, at)
  return entry._tag === "Compacted" ? Meter.compacted : undefined
})

/** Takes sessions up from their journals: a crash is followed by a replay, never by asking the model again. */
export class Conversations extends Context.Service<
  Conversations,
  {
    /** Live, and under the eye of the context monitor, until the scope ends. */
    resume(claim: Claim, session: Session): Effect.Effect<Conversation, StoreUnavailable, Scope.Scope>
  }
>()("mosaic-coordinator/session/Conversations") {
  static readonly layer = Layer.effect(
    Conversations,
    Effect.gen(function* () {
      const journal = yield* Journal
      const sessions = yield* LiveSessions
      const client = yield* ModelClient
      const digest = yield* Digest.Digest

      const resume = Effect.fn("Conversations.resume")(function* (claim: Claim, session: Session) {
        const entries = yield* journal.entries(session.id)
        let seq = entries.length
        let transcript = replay(entries)
        const { model, system, tools, canCompact } = session
        const hashOf = (messages: Transcript["messages"]) =>
          Effect.flatMap(json({ system, tools, messages }), (text) =>
            digest.digestHex(Digest.sha256, new TextEncoder().encode(text))
          )
        const request = Effect.sync((): ModelRequest => {
          const messages = cleanView(transcript.messages, transcript.thinkingFrom)
          return { model, system, tools, messages, canCompact }
        })
        const controls = yield* sessions.enter(session, {
          count: Effect.flatMap(request, client.count),
          canCompact: Effect.sync(() => canCompact && transcript.repliesSinceCompaction !== 0),
          meter: entries.length === 0 ? Meter.blank : Meter.unmeasured
        })

        const append = Effect.fnUntraced(function* (entry: JournalEntry) {
          yield* journal.append(claim, session.id, seq, entry)
          seq += 1
          const move = yield* measure(entry, transcript.calls)
          transcript = advance(transcript, entry)
          if (move !== undefined) yield* Ref.update(controls.meter, move)
        })

        const ask = Effect.fnUntraced(function* (text: string | null) {
          const asked = advance(transcript, { _tag: "Asked", text, hash: "" })
          yield* append({ _tag: "Asked", text, hash: yield* hashOf(asked.messages) })
        })

        return {
          ...controls,
          session,
          transcript: Effect.sync(() => transcript),
          request,
          append,
          ask,
          isFaithful: transcript.last !== "asked" || (yield* hashOf(transcript.messages)) === transcript.hash
        }
      })

      return { resume }
    })
  )
}
