import { Effect } from "effect"
import type { Git } from "../git/Git.ts"
import { OWN_COMMIT } from "../git/OwnCommit.ts"

/** Reads commits of a control clone, and makes such as are merged and never pushed. */
export const commitsIn = (git: Git["Service"], gitDir: string) => {
  const text = (operation: string, args: ReadonlyArray<string>, env: Record<string, string> = {}) =>
    git.text({ operation, gitDir, args, env })
  const commit = (tree: string, parents: ReadonlyArray<string>) =>
    text("merge", ["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-m", "merged"], OWN_COMMIT)

  return { commit, text }
}

/** Merges there: the tree with both sides, and the files in which they clash. */
export const mergesIn = (git: Git["Service"], gitDir: string) => {
  const { commit } = commitsIn(git, gitDir)

  const merge = Effect.fnUntraced(function* (ours: string, theirs: string) {
    const { code, text: answer } = yield* git.run({
      operation: "merge",
      gitDir,
      args: ["merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs],
      answers: [1]
    })
    const [tree = "", ...files] = answer.split("\0").filter((part) => part.trim() !== "")
    return { tree: tree.trim(), files: code === 0 ? [] : [...new Set(files)] }
  })

  /** Of trees alone, with `base` for the common ancestor: what the session changed, and nothing else, is carried over. */
  const carry = Effect.fnUntraced(function* (base: string, saved: string, onto: string) {
    const root = yield* commit(yield* git.tree(gitDir, base), [])
    return yield* merge(
      yield* commit(yield* git.tree(gitDir, saved), [root]),
      yield* commit(yield* git.tree(gitDir, onto), [root])
    )
  })

  return { carry, merge }
}
