import { Effect } from "effect"
import { Git } from "../git/Git.ts"
import type { Disarmed } from "../outbox/Disarming.ts"
import { Settings } from "../Settings.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import type { Handed } from "./Handed.ts"
import { parentsOf } from "./Integration.ts"
import { messageOf } from "./PullText.ts"

/** Makes the one commit of what is handed in. */
export const makeHandedCommit = Effect.gen(function* () {
  const { giteaUrl } = yield* Settings
  const clones = yield* ControlClones
  const git = yield* Git

  /** Nothing is left of the work where one side has it all already. */
  const isEmpty = Effect.fnUntraced(function* ({ checked, footing, ground }: Handed) {
    const gitDir = clones.at(ground.repository.id)
    const [tree, ...before] = yield* Effect.forEach([checked, ...parentsOf(footing)], (it) => git.tree(gitDir, it))
    return before.some((it) => it === tree)
  })

  /** The same id each time: author, dates and message follow from the task. */
  const commitOf = ({ at, botLogin, checked, facts, footing, ground }: Handed, summary: Disarmed) => {
    const who = { NAME: botLogin, EMAIL: `${botLogin}@noreply.${new URL(giteaUrl).hostname}` }
    const date = `@${Math.floor(at / 1000)} +0000`
    return git.text({
      operation: "commit",
      gitDir: clones.at(ground.repository.id),
      env: {
        GIT_AUTHOR_NAME: who.NAME,
        GIT_AUTHOR_EMAIL: who.EMAIL,
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_NAME: who.NAME,
        GIT_COMMITTER_EMAIL: who.EMAIL,
        GIT_COMMITTER_DATE: date
      },
      args: ["commit-tree", `${checked}^{tree}`, ...parentsOf(footing).flatMap((it) => ["-p", it]), "-F", "-"],
      input: messageOf(facts, summary)
    })
  }

  return { commitOf, isEmpty }
})
