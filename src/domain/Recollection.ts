import type { Comment } from "./Comment.ts"
import type { Mandate } from "./Mandate.ts"
import type { TaskId } from "./Task.ts"

/** An answer of the bot's, as it stands on an issue. */
interface StandingAnswer {
  readonly id: number
  readonly round: number
  readonly body: string
  /** It asks a person, so that its task waits. */
  readonly asks: boolean
}

/** What an issue itself tells of work that was done for it, by the markers of the bot's own comments. */
export interface Recollection {
  /** The progress comment. */
  readonly progress: number | null
  readonly answers: ReadonlyArray<StandingAnswer>
}

export const NOTHING_KNOWN: Recollection = { progress: null, answers: [] }

const MARKER = String.raw`<!-- mosaic task (\d+\/\d+) (?:progress|report (\d+)) -->`
/** First in our comments, last in those of earlier releases: where nothing stands that anybody else wrote. */
const MARKERS = [new RegExp(`^${MARKER}`), new RegExp(`${MARKER}$`)]

/** Begins the end of an answer that waits for somebody. */
export const ASKS = "*This needs a person."

/** Pure: what the comments of its issue tell of a task. Somebody else's markers tell nothing. */
export const recollect = (comments: ReadonlyArray<Comment>, botId: number, task: TaskId): Recollection => {
  const own = comments.flatMap(({ body, id, user }) => {
    const [, named, round] = MARKERS.flatMap((marker) => marker.exec(body.trimEnd()) ?? [])
    return user.id === botId && named === task ? [{ id, body, round: round === undefined ? null : Number(round) }] : []
  })
  return {
    progress: own.find(({ round }) => round === null)?.id ?? null,
    answers: own.flatMap(({ body, id, round }) =>
      round === null ? [] : [{ id, round, body, asks: body.includes(ASKS) }]
    )
  }
}

/**
 * The answer to this mandate: the newest that was given after it, because comments and timeline entries share their ids. Where the
 * mandate is not known, any is one.
 */
export const answerTo = ({ answers }: Recollection, mandate: Mandate | null): StandingAnswer | null => {
  const given = answers.filter(({ id }) => mandate === null || (mandate.source === "timeline" && id > mandate.id))
  return given.reduce<StandingAnswer | null>((last, one) => (last === null || one.id > last.id ? one : last), null)
}

/** The round that a new task begins with: no comment has its marker yet. */
export const nextRound = ({ answers }: Recollection): number => Math.max(0, ...answers.map(({ round }) => round)) + 1
