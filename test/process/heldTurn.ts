import { Effect } from "effect"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"

/** A new process at work on an issue, whose first turn is held. */
export const heldTurn = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  const turn = yield* (yield* SandboxClaude).hold("messages")
  const life = yield* (yield* CoordinatorProcess).start
  yield* gitea.createRepository("acme/shop")
  const issue = yield* gitea.openIssue({
    repository: "acme/shop",
    title: "Slow search",
    body: "It takes 9 s.",
    by: "ada"
  })
  yield* gitea.assign(issue, gitea.bot.login, "ada")
  yield* turn.arrived
  return { issue, life, turn }
})
