import { Effect, Ref } from "effect"
import { textOf } from "../../domain/Comment.ts"
import { comments, ISSUE } from "../demo/Thread.ts"
import type { SandboxIssue } from "../gitea/SandboxGitea.ts"
import { SandboxGitea } from "../gitea/SandboxGitea.ts"
import type { Change } from "./Command.ts"
import { Prompt } from "./Prompt.ts"

/** The person at the prompt. */
const PERSON = "ada"
const SHOWN = 5
const LOSE_ALL = { seed: 0, drop: 1, duplicate: 0, reorder: 0 }

interface OpenedIssue extends SandboxIssue {
  readonly title: string
}

/** What the person at the prompt does in Gitea. */
export const makeIssues = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  const { say } = yield* Prompt
  const opened = yield* Ref.make<ReadonlyArray<OpenedIssue>>([])
  const losing = yield* Ref.make(false)

  /** Once a change is done its hooks are queued, or lost. */
  const changed = Effect.fnUntraced(function* <A>(change: Effect.Effect<A>) {
    if (!(yield* Ref.getAndSet(losing, false))) return yield* change
    yield* gitea.disturb(LOSE_ALL)
    return yield* Effect.ensuring(change, gitea.disturb(null))
  })

  const find = Effect.fnUntraced(function* (number: number, act: (issue: OpenedIssue) => Effect.Effect<void>) {
    const issue = (yield* Ref.get(opened))[number - 1]
    return yield* issue === undefined ? say(`There is no issue ${number}.`) : act(issue)
  })

  const open = Effect.fnUntraced(function* (title: string) {
    const draft = title === "" ? ISSUE : { ...ISSUE, title, body: "Opened at the prompt of the sandbox." }
    const discussion = title === "" ? comments : []
    const issue = yield* changed(gitea.openIssue({ ...draft, by: PERSON }))
    yield* Effect.forEach(discussion, ({ by, body }) => gitea.comment(issue, body, by), { discard: true })
    yield* Ref.update(opened, (all) => [...all, { ...issue, title: draft.title }])
    yield* say(`Opened ${ISSUE.repository}#${issue.number}. "assign ${issue.number}" gives it to the bot.`)
  })

  const thread = Effect.fnUntraced(function* (issue: OpenedIssue) {
    const all = yield* gitea.comments(issue)
    yield* say(`#${issue.number} "${issue.title}", comments: ${all.length}`)
    yield* Effect.forEach(all.slice(-SHOWN), ({ user, body }) => say(`--- ${user}\n${textOf(body)}`), { discard: true })
  })

  const changes: Record<Change, (issue: OpenedIssue) => Effect.Effect<void>> = {
    assign: (issue) => gitea.assign(issue, gitea.bot.login, PERSON),
    unassign: (issue) => gitea.unassign(issue, gitea.bot.login, PERSON),
    close: (issue) => gitea.close(issue, PERSON),
    reopen: (issue) => gitea.reopen(issue, PERSON)
  }

  return {
    open,
    change: (name: Change, number: number) => find(number, (issue) => changed(changes[name](issue))),
    comment: (number: number, text: string) => find(number, (issue) => changed(gitea.comment(issue, text, PERSON))),
    show: (number: number) => find(number, thread),
    /** From now until the next change. */
    loseHooks: Ref.set(losing, true)
  }
})
