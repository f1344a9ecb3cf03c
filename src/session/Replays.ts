import { Effect, Schema, Semaphore } from "effect"
import { Digest } from "effect/crypto"
import type { Session } from "../domain/Session.ts"
import type { Message, Transcript } from "../domain/Transcript.ts"
import type { Claim } from "../task/Lease.ts"
import { Tasks } from "../task/Tasks.ts"
import { Journal, NOTHING_TOLD } from "./Journal.ts"

const encode = Schema.encodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))

/** JSON text of what is sent. */
export const json = (value: unknown) => Effect.orDie(encode(value))

/** What a session was when it was left, from its journal. */
export const makeReplays = Effect.gen(function* () {
  const journal = yield* Journal
  const tasks = yield* Tasks
  const digest = yield* Digest.Digest
  const oneAtATime = yield* Semaphore.make(1)

  /** Of everything that a request sends. */
  const hashOf = ({ system, tools }: Session, messages: ReadonlyArray<Message>) =>
    Effect.flatMap(json({ system, tools, messages }), (text) =>
      digest.digestHex(Digest.sha256, new TextEncoder().encode(text))
    )

  const isFaithful = (session: Session, { hash, last, messages }: Transcript) =>
    last === "asked" ? Effect.map(hashOf(session, messages), (found) => found === hash) : Effect.succeed(true)

  const replay = Effect.fnUntraced(function* (claim: Claim, session: Session) {
    if ((yield* journal.size(session.id)) === 0) return { ...NOTHING_TOLD, isFaithful: true }
    yield* tasks.mark(claim, "replay")
    const replayed = yield* journal.replay(session.id)
    const faithful = yield* isFaithful(session, replayed.transcript)
    yield* tasks.mark(claim, null)
    return { ...replayed, isFaithful: faithful }
  })

  return {
    hashOf,
    /** One journal at a time and marked, so that one which is too much for the process costs no other task an attempt. */
    replay: (claim: Claim, session: Session) => oneAtATime.withPermit(replay(claim, session))
  }
})
