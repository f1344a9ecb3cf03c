import { Effect, FileSystem, Path } from "effect"
import { Git } from "../git/Git.ts"
import { notWritten } from "../git/GitError.ts"

/** How many commits of the past an agent can look at. */
const DEPTH = 50

/** Who makes the commits of an agent in its checkout. Nobody else sees them. */
const COMMITTER = "[user]\n\tname = mosaic\n\temail = mosaic@localhost\n"

export interface CheckoutOf {
  /** The control clone. */
  readonly clone: string
  /** The commit that the branch of the checkout stands at. */
  readonly base: string
  /** The commit whose tree lies in the folder, as changes that are not staged. */
  readonly commit: string
  /** Not there yet. */
  readonly tree: string
}

/**
 * Makes a checkout for an agent: a repository of its own on the branch `work`, with copies of the objects, no remote, no hook, and
 * nothing that names the clone. All of it before the first tool call: afterwards the folder is hostile for good.
 */
export const makeCheckout = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const git = yield* Git
  const path = yield* Path.Path
  const operation = "check the repository out"

  return Effect.fn("Checkout.make")(function* ({ base, clone, commit, tree }: CheckoutOf) {
    const gitDir = path.join(tree, ".git")
    const run = (...args: ReadonlyArray<string>) => git.run({ operation, gitDir, env: { GIT_WORK_TREE: tree }, args })
    yield* git.run({ operation, gitDir: null, args: ["init", "--quiet", "--template=", tree] })
    yield* Effect.mapError(
      fs.writeFileString(path.join(gitDir, "config"), COMMITTER, { flag: "a" }),
      notWritten(operation)
    )
    yield* run("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", `--depth=${DEPTH}`, clone, base, commit)
    yield* run("checkout", "--quiet", "-B", "work", base)
    if (commit === base) return
    yield* run("read-tree", "--reset", "-u", commit)
    yield* run("read-tree", base)
  })
})

/** Puts the tree of a commit into an empty folder, without a repository. */
export const makeExport = Effect.gen(function* () {
  const git = yield* Git
  const path = yield* Path.Path

  return Effect.fn("Checkout.export")((clone: string, commit: string, folder: string) =>
    git.run({
      operation: "lay out a snapshot",
      gitDir: clone,
      env: { GIT_WORK_TREE: folder, GIT_INDEX_FILE: path.join(path.dirname(folder), `${path.basename(folder)}.index`) },
      args: ["checkout", "--quiet", "--force", commit, "--", "."]
    })
  )
})
