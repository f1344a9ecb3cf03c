import { COMPACT_THRESHOLD, ROTATE_THRESHOLD } from "../../domain/ContextAction.ts"
import { bar } from "./Bar.ts"
import { sentence } from "./LogLine.ts"
import type { LogLine } from "./LogLine.ts"

/** What has happened so far. */
export interface Story {
  readonly sessions: ReadonlyArray<string>
  readonly deliveries: number
  readonly turns: number
  readonly compactions: number
  readonly rotations: number
  readonly comments: number
  readonly outcome: string | null
  /** The number of the pull request. */
  readonly pull: number | null
}

export const beginning: Story = {
  sessions: [],
  deliveries: 0,
  turns: 0,
  compactions: 0,
  rotations: 0,
  comments: 0,
  outcome: null,
  pull: null
}

/** What a line adds to the story, and how it is told: a line of its own, or the state of a session's bar. */
export interface Told {
  readonly story: Story
  readonly line: string | null
  readonly bar: string | null
}

const named = (story: Story, session: string | undefined): string =>
  `session ${session === undefined ? "?" : story.sessions.indexOf(session) + 1}`

const barOf = (story: Story, { annotations: { session, used, limit, source, by, action } }: LogLine): string | null => {
  if (limit === undefined) return null
  if (used === undefined || used === null) return `${named(story, session)}  context unknown until it is counted`
  const doing = action === "continue" ? "" : `  -> ${action}`
  return `${named(story, session)}  ${bar(used, limit, [COMPACT_THRESHOLD, ROTATE_THRESHOLD])}  (${source}, by ${by})${doing}`
}

type Teller = (story: Story, line: LogLine) => Partial<Omit<Told, "story">> & { readonly story?: Partial<Story> }

/** One teller for each sentence of the coordinator's log that matters to the story. */
const tellers: Readonly<Record<string, Teller>> = {
  "Delivery accepted": (story, { annotations: { action, task } }) => ({
    story: { deliveries: story.deliveries + 1 },
    line: `delivery  issues/${action} verified and stored, task ${task}`
  }),
  "Session opened": (story, { annotations: { session, model, limit } }) => ({
    story: { sessions: [...story.sessions, session ?? ""] },
    line: `session ${story.sessions.length + 1}  opened on ${model}, ${limit?.toLocaleString("en")} tokens`
  }),
  "Turn finished": (story, { annotations: { session, stopReason } }) => ({
    story: { turns: story.turns + 1 },
    line: `${named(story, session)}  turn ${story.turns + 1} finished (${stopReason})`
  }),
  "Context sampled": (story, line) => ({ bar: barOf(story, line) }),
  "Conversation compacted": (story, { annotations: { session } }) => ({
    story: { compactions: story.compactions + 1 },
    line: `${named(story, session)}  COMPACTED: the conversation is now its summary`
  }),
  "Session rotated": (story, { annotations: { session, cause } }) => ({
    story: { rotations: story.rotations + 1 },
    line: `${named(story, session)}  ROTATED: ${cause}; a fresh session takes over`
  }),
  "Comment written": (story, { annotations: { edited } }) => ({
    story: { comments: story.comments + (edited === true ? 0 : 1) },
    line: edited === true ? "report    progress comment edited" : "report    comment posted on the issue"
  }),
  "Tools are isolated": (_, { annotations: { way } }) => ({ line: `tools     isolated by ${way}` }),
  "Work saved": (story, { annotations: { session, snapshot } }) => ({
    line: `${named(story, session)}  saved as ${snapshot}`
  }),
  "Pull request ready": (_, { annotations: { branch, pull } }) => ({
    story: { pull: pull ?? null },
    line: `gitea     pull request #${pull} from ${branch}`
  }),
  "Task changed state": (_, { annotations: { to, cause } }) => ({
    story: { outcome: to ?? null },
    line: `task      ${to}: ${cause}`
  })
}

export const tell = (story: Story, line: LogLine): Told => {
  const told = tellers[sentence(line)]?.(story, line)
  const trouble =
    line.level === "WARN" || line.level === "ERROR" ? `${line.level.toLowerCase()}  ${sentence(line)}` : null
  return { story: { ...story, ...told?.story }, line: told?.line ?? trouble, bar: told?.bar ?? null }
}
