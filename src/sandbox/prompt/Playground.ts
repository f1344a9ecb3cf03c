import { Effect } from "effect"
import { SandboxClaude } from "../claude/SandboxClaude.ts"
import { SandboxGitea } from "../gitea/SandboxGitea.ts"
import { Command } from "./Command.ts"
import { help } from "./CommandLine.ts"
import { makeIssues } from "./Issues.ts"
import { Prompt } from "./Prompt.ts"
import { makeTaskList } from "./TaskList.ts"

/** Carries out what is asked of the sandbox. */
export const makePlayground = Effect.fnUntraced(function* (coordinator: {
  readonly url: string
  readonly token: string
}) {
  const claude = yield* SandboxClaude
  const gitea = yield* SandboxGitea
  const { say } = yield* Prompt
  const issues = yield* makeIssues
  const tasks = yield* makeTaskList(coordinator.url, coordinator.token)

  return Command.$match({
    Open: ({ title }) => issues.open(title),
    Change: ({ change, issue }) => issues.change(change, issue),
    Comment: ({ issue, text }) => issues.comment(issue, text),
    Drop: () => Effect.andThen(issues.loseHooks, say("The hooks of your next change will be lost.")),
    FailGitea: ({ fault }) =>
      Effect.andThen(gitea.fail({ ...fault, match: /./ }), say("The next call to Gitea will fail.")),
    FailClaude: ({ fault, operation }) =>
      Effect.andThen(claude.fail(operation, fault), say(`The next "${operation}" call to Claude will fail.`)),
    Show: ({ issue }) => issues.show(issue),
    Tasks: () => tasks.show,
    Help: () => say(help),
    Quit: () => Effect.void,
    Unclear: ({ why }) => say(why)
  })
})
