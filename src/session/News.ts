import { Duration, Effect, Option } from "effect"
import { tellNews } from "../domain/News.ts"
import { changedIn, NOTHING_SPENT } from "../domain/Reading.ts"
import type { Reading, Rooms } from "../domain/Reading.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { Conversation } from "./Conversations.ts"
import { Fitting } from "./Fitting.ts"
import { makeIssueTexts } from "./IssueTexts.ts"
import type { Assignment } from "./Step.ts"

/** Shares of a session's limit that news may take in all its life, */
const SHARES: Rooms = { writers: 0.15, others: 0.1 }
/** and what each kind may take at once. */
const AT_ONCE = 0.05
/** A turn waits no longer for them: what is not read now is read at the next one. */
const READ_LIMIT = Duration.seconds(10)

/** What a request adds: the text, where there are news, and what is known then; null where nothing was looked at since. */
export interface Update {
  readonly text: string | null
  readonly reading: Reading | null
  /** Whether any of the news comes from somebody who may write to the repository. */
  readonly byWriters: boolean
}

const without = (reading: Reading | null): Update => ({ text: null, reading, byWriters: false })

const roomsOf = (limit: number, spent: Rooms): Rooms => {
  const room = (share: number, used: number) => Math.max(0, Math.floor(Math.min(limit * AT_ONCE, limit * share - used)))
  return { writers: room(SHARES.writers, spent.writers), others: room(SHARES.others, spent.others) }
}

/**
 * What people wrote and edited on the issue since a session last read it, for its next turn.
 *
 * Gitea is not asked for it turn by turn. The issue of a task at work is looked at anyway: when a delivery tells of it, before the
 * progress comment is edited, and by the comparison. Such a look shows the version of every text. Only where one is another than the
 * journal says the session was shown, the comments are read. So a lost hook costs a turn and nothing more, and the journal alone
 * decides what is new: after a restart the same is not told twice, and nothing is left out.
 */
export const makeNews = Effect.gen(function* () {
  const textsOf = yield* makeIssueTexts
  const { fit } = yield* Fitting

  const tell = Effect.fnUntraced(function* (
    { session }: Conversation,
    known: Reading,
    { reading, text }: Effect.Success<ReturnType<typeof textsOf>>
  ) {
    const names = changedIn(known.versions, reading.versions)
    const rooms = roomsOf(session.limit, known.spent)
    const room = rooms.writers + rooms.others
    let told = tellNews(text, known.versions, names, rooms)
    if (told.text === null) return without(reading)
    const shown = yield* fit(session.model, room, (tokens) => {
      const within = (one: number) => (room === 0 ? 0 : Math.floor((one * tokens) / room))
      told = tellNews(text, known.versions, names, { writers: within(rooms.writers), others: within(rooms.others) })
      return told.text ?? ""
    })
    yield* Effect.logInfo("News of the issue told to the session").pipe(Effect.annotateLogs({ texts: names.length }))
    return { text: shown, reading: { ...reading, spent: told.spent }, byWriters: told.byWriters }
  })

  return Effect.fnUntraced(function* (
    { claim, sight }: Assignment,
    conversation: Conversation
  ): Effect.fn.Return<Update, StoreUnavailable> {
    const known = (yield* conversation.transcript).reading
    const seen = yield* sight
    if (seen === null || (known !== null && seen.at < known.at)) return without(null)
    if (known !== null && changedIn(known.versions, seen.versions).length === 0) {
      return without({ at: seen.at, versions: {}, spent: NOTHING_SPENT })
    }
    // What it cannot tell now it tells later: a session does not wait for Gitea.
    const read = yield* textsOf(claim.task, seen.issue).pipe(
      Effect.catchTag("GiteaError", () => Effect.succeed(null)),
      Effect.timeoutOption(READ_LIMIT),
      Effect.map(Option.getOrNull)
    )
    if (read === null) return without(null)
    const reading = { ...read.reading, versions: { ...seen.versions, ...read.reading.versions } }
    // The session was begun by a release that did not note what it had read.
    if (known === null) return without(reading)
    return yield* tell(conversation, known, { text: read.text, reading })
  })
})
