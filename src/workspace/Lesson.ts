import { Effect } from "effect"
import { Git } from "../git/Git.ts"
import { OWN_COMMIT } from "../git/OwnCommit.ts"
import { ControlClones } from "./ControlClones.ts"
import { baseNameOf, clashedNameOf, joinedNameOf, nameOf } from "./SnapshotRef.ts"
import { makeSharing } from "./Sharing.ts"
import { makeSiteRuns } from "./SiteRuns.ts"
import { Snapshots } from "./Snapshots.ts"
import type { SaveError, Site } from "./Snapshots.ts"
import { WorkspaceError } from "./WorkspaceError.ts"

/** What a workspace is taught of what others did: its tree from now on, and what that is a change of. */
export interface Lesson {
  readonly tree: string
  readonly base: string
  readonly joined: string | null
  /** Whether both sides clash in it, which a session is asked to solve once. */
  readonly isClash: boolean
}

/**
 * Brings the files of a workspace to those of a commit, inside the isolation: what git ignores stays. The agent's repository learns
 * what is there now as the branch `base`, where it can; it is the agent's, and so that may fail.
 */
const SCRIPT = String.raw`
set -euo pipefail
export LC_ALL=C HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1
rm -f "$SAVE/index.lock"
GIT_DIR="$SAVE" GIT_WORK_TREE="$TREE" GIT_INDEX_FILE="$SAVE/index" git read-tree --reset -u "$COMMIT"
{
  cd "$TREE"
  printf '%s
' "$THEIRS" ^"$BASE" | git --git-dir="$SAVE" pack-objects -q --revs --thin --stdout     | git index-pack --stdin --fix-thin
  git update-ref refs/heads/base "$THEIRS"
} > /dev/null 2>&1 || true
`

/** Teaches workspaces what others did meanwhile. A crash half way leaves the lesson in the clone, from where the workspace is made. */
export const makeLessons = Effect.gen(function* () {
  const run = yield* makeSiteRuns
  const sharing = yield* makeSharing
  const keep = yield* makeKeeping

  return Effect.fn("Lesson.teach")(function* (site: Site, lesson: Lesson): Effect.fn.Return<Site, SaveError> {
    const commit = yield* keep(site, lesson)
    yield* sharing.copyMore(site, [commit, lesson.joined ?? lesson.base])
    const { end, exitCode } = yield* run(site, SCRIPT, {
      COMMIT: commit,
      BASE: site.base,
      THEIRS: lesson.joined ?? lesson.base
    })
    if (end !== "exit" || exitCode !== 0) {
      return yield* new WorkspaceError({
        subject: site.subject,
        detail: "it could not be brought to what others did meanwhile"
      })
    }
    return { ...site, base: lesson.base, joined: lesson.joined }
  })
})

/** Keeps a lesson in the clone: the next snapshot, and where it stands, all of it or nothing. */
const makeKeeping = Effect.gen(function* () {
  const clones = yield* ControlClones
  const git = yield* Git
  const snapshots = yield* Snapshots

  return Effect.fnUntraced(function* (site: Site, { base, isClash, joined, tree }: Lesson) {
    const gitDir = clones.at(site.repositoryId)
    const { number, session } = site
    const commit = yield* git.text({
      operation: "take in what others did",
      gitDir,
      env: OWN_COMMIT,
      args: ["commit-tree", tree, "-p", base, "-m", "Taken in by mosaic"]
    })
    const last = yield* snapshots.newest(site.repositoryId, site)
    yield* git.run({
      operation: "take in what others did",
      gitDir,
      args: ["update-ref", "--stdin"],
      input: [
        `create ${nameOf({ number, session, n: (last?.ref.n ?? 0) + 1 })} ${commit}`,
        `update ${baseNameOf(site)} ${base}`,
        ...(joined === null ? [] : [`update ${joinedNameOf(site)} ${joined}`]),
        ...(isClash ? [`update ${clashedNameOf(site)} ${commit}`] : []),
        ""
      ].join("\n")
    })
    return commit
  })
})
