import { Clock, Effect } from "effect"
import type { Issue } from "../domain/Issue.ts"
import { marksIn } from "../domain/Prompt.ts"
import type { IssueText } from "../domain/Prompt.ts"
import { NOTHING_SPENT, versionsOf } from "../domain/Reading.ts"
import type { Reading } from "../domain/Reading.ts"
import type { Task } from "../domain/Task.ts"
import { IssueReader } from "../issue/IssueReader.ts"
import { makeTextHash } from "../issue/TextHash.ts"
import { AssignedTexts } from "../task/AssignedTexts.ts"

/** Of what was marked, so much is logged. */
const MARKS_LOGGED = 50

/** Reads all that a session may be shown of an issue: its texts, who had a say in them, and of which versions they are. */
export const makeIssueTexts = Effect.gen(function* () {
  const issues = yield* IssueReader
  const texts = yield* AssignedTexts
  const hashOf = yield* makeTextHash

  return Effect.fnUntraced(function* ({ fullName, id }: Task, issue: Issue) {
    const at = yield* Clock.currentTimeMillis
    const { comments, from } = yield* issues.thread(id, issue.user.id)
    const assigned = yield* texts.of(id)
    const hash = yield* hashOf(issue)
    const text: IssueText = {
      fullName,
      issue,
      comments,
      from: { ...from, isTextEdited: assigned !== null && assigned !== hash }
    }
    const reading: Reading = {
      at,
      versions: versionsOf({ title: issue.title, hash }, comments, from.bot),
      spent: NOTHING_SPENT
    }
    const marked = marksIn(text)
    if (marked.length > 0) {
      yield* Effect.logInfo("Marked in the prompt").pipe(Effect.annotateLogs({ marked: marked.slice(0, MARKS_LOGGED) }))
    }
    return { text, reading }
  })
})
