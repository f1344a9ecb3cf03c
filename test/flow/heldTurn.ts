import { Effect } from "effect"
import { flow } from "../harness/Flow.ts"

/** An issue that is worked on, whose last turn is held: the answer is still to come. */
export const heldTurn = Effect.fnUntraced(function* (
  draft: { readonly repository: string; readonly title: string; readonly body: string },
  answer = "Use an index."
) {
  const it = yield* flow
  const { claude, gitea } = it
  yield* claude.respond(() => ({
    content: [{ type: "tool_use", name: "finish", input: { answer, status: "done" } }]
  }))
  const turn = yield* claude.hold("messages")
  const issue = yield* gitea.openIssue({ ...draft, assignees: [gitea.bot.login] })
  yield* turn.arrived
  return { ...it, issue, turn }
})
