import { Context, Effect, FileSystem, Layer, Path } from "effect"
import { Git } from "../git/Git.ts"
import type { GitError } from "../git/GitError.ts"
import type { IsolationFailed } from "../tool/IsolationFailed.ts"
import { MAX_SNAPSHOT, MAX_SNAPSHOTS, MAX_TREE_FILES, MEBIBYTE, SavedAtMost } from "./Bounds.ts"
import { ControlClones } from "./ControlClones.ts"
import { folderOf, nameOf, newestOf, parseName } from "./SnapshotRef.ts"
import type { Author, SnapshotRef } from "./SnapshotRef.ts"
import { makeSetupMark } from "./SetupMark.ts"
import { makeSiteRuns } from "./SiteRuns.ts"
import { replyOf, SNAPSHOT_SCRIPT } from "./SnapshotScript.ts"
import { WorkspaceError } from "./WorkspaceError.ts"

const NOBODY = "0".repeat(40)

/** Where a session works. */
export interface Site extends Author {
  readonly repositoryId: number
  /** For errors: "owner/name#7". */
  readonly subject: string
  /** The agent's checkout. */
  readonly tree: string
  /** The repository that snapshots are made in, of which the agent knows nothing. */
  readonly save: string
  /** The commit that the work is a change of: where it began, or what it was put on since. */
  readonly base: string
  /** A commit of the base branch that was taken in beside it, or null. */
  readonly joined: string | null
}

export interface Snapshot {
  readonly ref: SnapshotRef
  readonly commit: string
  readonly tree: string
}

export type SaveError = GitError | IsolationFailed | WorkspaceError

const overBy = (what: "files" | "bytes", { files, mebibytes }: typeof SavedAtMost.Service): string =>
  `it ${what === "files" ? `has more than ${files.toLocaleString("en")} files` : `holds more than ${mebibytes} MiB`}: have build results ignored by .gitignore`

/** How a tool says so where no git of ours is run. */
const NO_ROOM = /No space left on device|Disk quota exceeded/i

/** Pure: whether git will not take a snapshot, however often it is tried: for what is in it, or its size. */
const isRefused = ({ detail, reason }: GitError): boolean =>
  reason === "failed" && /fsck error|maximum allowed size/.test(detail)

/** Saves the trees of workspaces as commits in the control clone. */
export class Snapshots extends Context.Service<
  Snapshots,
  {
    /** The newest of a session; null: it has none. */
    newest(repositoryId: number, author: Author): Effect.Effect<Snapshot | null, GitError>
    /** Saves what changed since the newest, and gives the newest; null: nothing differs from the base. */
    save(site: Site): Effect.Effect<Snapshot | null, SaveError>
  }
>()("mosaic-coordinator/workspace/Snapshots") {
  static readonly layer = Layer.effect(
    Snapshots,
    Effect.gen(function* () {
      const clones = yield* ControlClones
      const git = yield* Git
      const make = yield* makeMaking
      const mark = yield* makeSetupMark
      const take = yield* makeTaking
      const name = yield* makeNaming

      const newest = Effect.fn("Snapshots.newest")(function* (repositoryId: number, author: Author) {
        const names = yield* clones.names(repositoryId, `${folderOf(author)}/`)
        const ref = newestOf(names, author)
        if (ref === null) return null
        const named = yield* git.named(clones.at(repositoryId), nameOf(ref))
        return named === null ? null : { ref, ...named }
      })

      const save = Effect.fn("Snapshots.save")(
        function* (site: Site) {
          const gitDir = clones.at(site.repositoryId)
          const last = yield* newest(site.repositoryId, site)
          if (yield* mark.isSet(site)) return last
          const reply = yield* make(site, last?.tree ?? (yield* git.tree(gitDir, site.base)))
          switch (reply.kind) {
            case "same":
              return last
            case "saved":
              yield* take(site, reply.commit, reply.tree)
              return yield* name(site, reply, (last?.ref.n ?? 0) + 1)
            case "over":
              return yield* new WorkspaceError({
                subject: site.subject,
                detail: overBy(reply.what, yield* SavedAtMost),
                outlook: "lasting"
              })
            case "failed":
              return yield* new WorkspaceError({
                subject: site.subject,
                detail: `it could not be saved: ${reply.detail}`,
                ...(NO_ROOM.test(reply.detail) ? { outlook: "passing" } : {})
              })
          }
        },
        (effect, site) => clones.undisturbed(site.repositoryId)(effect)
      )

      return { newest, save }
    })
  )
}

/** Makes one inside the isolation, as a pack beside the tree. */
const makeMaking = Effect.gen(function* () {
  const run = yield* makeSiteRuns

  return Effect.fnUntraced(function* (site: Site, last: string) {
    const { files, mebibytes } = yield* SavedAtMost
    const ran = yield* run(site, SNAPSHOT_SCRIPT, {
      BASE: site.base,
      LAST: last,
      MAX_FILES: `${files}`,
      MAX_TREE_FILES: `${MAX_TREE_FILES}`,
      MAX_BYTES: `${mebibytes * MEBIBYTE}`
    })
    return replyOf(ran)
  })
})

/** Takes it in. */
const makeTaking = Effect.gen(function* () {
  const clones = yield* ControlClones
  const fs = yield* FileSystem.FileSystem
  const git = yield* Git
  const path = yield* Path.Path

  /** Checked object by object: what a tree of an agent's may not contain is refused here. */
  return Effect.fnUntraced(function* (site: Site, commit: string, tree: string) {
    const gitDir = clones.at(site.repositoryId)
    yield* git
      .run({
        operation: "take a snapshot in",
        gitDir,
        args: ["index-pack", "--stdin", "--strict", "--fix-thin", `--max-input-size=${MAX_SNAPSHOT}`],
        input: fs.stream(path.join(site.save, "new.pack"))
      })
      .pipe(
        Effect.catchIf(isRefused, ({ detail }) =>
          Effect.fail(
            new WorkspaceError({ subject: site.subject, detail: `git refuses it: ${detail}`, outlook: "lasting" })
          )
        )
      )
    const check = (...args: ReadonlyArray<string>) => git.text({ operation: "check a snapshot", gitDir, args })
    const [walked, read] = yield* Effect.all(
      [
        Effect.exit(check("rev-list", "--objects", "--quiet", commit, "--not", site.base)),
        Effect.exit(check("rev-parse", `${commit}^{tree}`, `${commit}^@`))
      ],
      { concurrency: "unbounded" }
    )
    // Where both fail, the walk tells what cannot be read.
    yield* walked
    const treeAndParents = yield* read
    const isOurs = treeAndParents === `${tree}\n${site.base}`
    if (!isOurs) {
      return yield* new WorkspaceError({ subject: site.subject, detail: "what came back is not its snapshot" })
    }
  })
})

/** Gives it its name, and takes the names of the oldest away. */
const makeNaming = Effect.gen(function* () {
  const clones = yield* ControlClones
  const git = yield* Git

  const prune = Effect.fnUntraced(function* (site: Site, n: number) {
    const gitDir = clones.at(site.repositoryId)
    const old = (yield* clones.names(site.repositoryId, `${folderOf(site)}/`))
      .map(parseName)
      .filter((ref) => ref !== null && ref.n <= n - MAX_SNAPSHOTS)
    yield* git.run({
      operation: "remove old snapshots",
      gitDir,
      args: ["update-ref", "--stdin"],
      input: old.map((ref) => (ref === null ? "" : `delete ${nameOf(ref)}\n`)).join("")
    })
  })

  return Effect.fnUntraced(function* (site: Site, { commit, tree }: Omit<Snapshot, "ref">, n: number) {
    const ref = { number: site.number, session: site.session, n }
    yield* git.run({
      operation: "name a snapshot",
      gitDir: clones.at(site.repositoryId),
      args: ["update-ref", nameOf(ref), commit, NOBODY]
    })
    if (n > MAX_SNAPSHOTS) yield* prune(site, n)
    yield* Effect.logInfo("Work saved").pipe(Effect.annotateLogs({ snapshot: nameOf(ref) }))
    return { ref, commit, tree }
  })
})
