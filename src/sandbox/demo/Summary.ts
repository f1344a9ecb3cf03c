import { Effect } from "effect"
import { textOf } from "../../domain/Comment.ts"
import type { Story } from "./Narrator.ts"
import { Screen } from "./Screen.ts"

const QUOTED_LINES = 12

/** Shows how it ended, with the report as it stands on the issue. True when the whole story was seen. */
export const summarise = Effect.fnUntraced(function* (
  story: Story,
  comments: ReadonlyArray<{ readonly user: string; readonly body: string }>,
  pull: { readonly number: number; readonly title: string; readonly body: string; readonly diff: string } | null,
  elapsed: number
) {
  const screen = yield* Screen
  const report = comments.at(-1)
  yield* screen.line("")
  yield* screen.line(`The report on the issue, by ${report?.user}:`)
  yield* Effect.forEach(
    textOf(report?.body ?? "")
      .split("\n")
      .slice(0, QUOTED_LINES),
    (text) => screen.line(`  > ${text}`)
  )
  if (pull !== null) {
    yield* screen.line("")
    yield* screen.line(`Pull request #${pull.number}: ${pull.title}`)
    yield* Effect.forEach(`${pull.body}\n\n${pull.diff}`.trimEnd().split("\n"), (text) => screen.line(`  | ${text}`))
  }
  yield* screen.line("")
  yield* screen.line(
    `${story.deliveries} delivery, ${story.turns} turns in ${story.sessions.length} sessions, ${story.compactions} compaction, ` +
      `${story.rotations} rotation, ${story.comments} comments; task ${story.outcome}; ${(elapsed / 1000).toFixed(1)} s`
  )
  return story.outcome === "completed" && pull !== null && story.compactions > 0 && story.rotations > 0
})
