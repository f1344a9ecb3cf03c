import { Clock, Context, Effect, FileSystem, Layer, Path } from "effect"
import type { Scope } from "effect"
import { SessionId } from "../domain/Session.ts"
import type { Repository } from "../domain/Repository.ts"
import { Git } from "../git/Git.ts"
import { makeCheckout, makeExport } from "./Checkout.ts"
import { ControlClones } from "./ControlClones.ts"
import { removeFolder } from "./Folder.ts"
import { makeLeftovers } from "./Leftovers.ts"
import { makeLessons } from "./Lesson.ts"
import type { Lesson } from "./Lesson.ts"
import { makeSharing } from "./Sharing.ts"
import { baseNameOf, joinedNameOf } from "./SnapshotRef.ts"
import { homeOf } from "./Surroundings.ts"
import { Snapshots } from "./Snapshots.ts"
import type { SaveError, Site, Snapshot } from "./Snapshots.ts"
import { makeWorkFolders } from "./WorkFolders.ts"
import { WorkspaceError } from "./WorkspaceError.ts"

/** What a workspace is made for. */
export interface Assignment {
  readonly repository: Repository
  readonly number: number
  readonly session: SessionId
  /** The session before it, whose work it goes on with. */
  readonly predecessor: SessionId | null
  /** The commit to begin from where there is no work yet. */
  readonly start: string
}

/** A checkout at work. */
export interface Workspace {
  /** As it was opened. */
  readonly site: Site
  /** The snapshot that it was made from; null: from the base. */
  readonly begunFrom: Snapshot | null
  /**
   * What lies there beside the tree that it was made from is no work: it was left by `setup`, and is never saved. Files of that tree
   * are put back as they were.
   */
  readonly disregard: Effect.Effect<void, SaveError>
  /** With what it was taught since. */
  readonly now: Effect.Effect<Site>
  /** Saves what changed; null: nothing differs from the base. */
  readonly save: Effect.Effect<Snapshot | null, SaveError>
  /** Its files become those of the lesson, and what follows is a change of its base. What was not saved before is lost. */
  teach(lesson: Lesson): Effect.Effect<void, SaveError>
}

/**
 * One checkout for each session at work. It is made anew each time the session is taken up, from its newest snapshot, and removed when
 * the session rests, once what it holds is saved.
 */
export class Workspaces extends Context.Service<
  Workspaces,
  {
    /** Saved and removed when the scope ends. What a crash left of it is saved first. The clone has been refreshed before. */
    open(assignment: Assignment): Effect.Effect<Workspace, SaveError, Scope.Scope>
    /** The tree of a commit in a folder of its own, until the scope ends. */
    layOut(repositoryId: number, commit: string): Effect.Effect<string, SaveError, Scope.Scope>
  }
>()("mosaic-coordinator/workspace/Workspaces") {
  static readonly layer = Layer.effect(
    Workspaces,
    Effect.gen(function* () {
      const clones = yield* ControlClones
      const fs = yield* FileSystem.FileSystem
      const git = yield* Git
      const path = yield* Path.Path
      const snapshots = yield* Snapshots
      const checkOut = yield* makeCheckout
      const putOut = yield* makeExport
      const leftovers = yield* makeLeftovers
      const teach = yield* makeLessons
      const sharing = yield* makeSharing
      const { atWork, makeRoom, remove, root } = yield* makeWorkFolders

      const siteOf = (
        { number, repository, session }: Assignment,
        { base, joined }: Pick<Site, "base" | "joined">
      ): Site => ({
        number,
        session,
        repositoryId: repository.id,
        subject: `${repository.fullName}#${number}`,
        tree: path.join(root, session, "tree"),
        save: path.join(root, session, "save.git"),
        base,
        joined
      })

      const noRoom = (subject: string) =>
        new WorkspaceError({ subject, detail: "its folder could not be made: make room on the disk of AGENT_WORK_DIR" })

      const makeFolder = (folder: string, subject: string) =>
        Effect.mapError(fs.makeDirectory(folder, { recursive: true, mode: 0o700 }), () => noRoom(subject))

      /** The objects of the base are not copied. */
      const borrow = (site: Site) => {
        const objects = path.join(clones.at(site.repositoryId), "objects")
        return fs.makeDirectory(path.join(site.save, "objects", "info"), { recursive: true }).pipe(
          Effect.andThen(fs.writeFileString(path.join(site.save, "objects", "info", "alternates"), `${objects}\n`)),
          Effect.mapError(() => noRoom(site.subject))
        )
      }

      /** The repository that snapshots are made in. Only the isolation runs git on it. */
      const makeSave = Effect.fnUntraced(function* (site: Site, commit: string) {
        yield* removeFolder(site.save)
        yield* git.run({
          operation: "prepare snapshots",
          gitDir: null,
          args: ["init", "--quiet", "--bare", "--template=", site.save]
        })
        yield* sharing.isShared ? sharing.copyBase(site, commit) : borrow(site)
        yield* leftovers.restore(site)
        yield* sharing.openSave(site)
      })

      const exists = (folder: string) => Effect.orElseSucceed(fs.exists(folder), () => false)

      /** What a crash left: files that no snapshot has yet. */
      const rescue = Effect.fnUntraced(function* (site: Site) {
        if (!(yield* exists(site.tree))) return
        yield* makeSave(site, site.base)
        yield* Effect.catchTag(snapshots.save(site), "WorkspaceError", (error) => Effect.logWarning(error.message))
      })

      /** A session goes on from where its predecessor stood. */
      const footingOf = Effect.fnUntraced(function* ({ number, predecessor, repository, session, start }: Assignment) {
        const of = Effect.fnUntraced(function* (id: SessionId) {
          const base = yield* clones.commit(repository.id, baseNameOf({ number, session: id }))
          return base === null
            ? null
            : { base, joined: yield* clones.commit(repository.id, joinedNameOf({ number, session: id })) }
        })
        const own = yield* of(session)
        if (own !== null) return own
        const footing = (predecessor === null ? null : yield* of(predecessor)) ?? { base: start, joined: null }
        const { base, joined } = footing
        yield* git.run({
          operation: "remember where the work begins",
          gitDir: clones.at(repository.id),
          args: ["update-ref", "--stdin"],
          input: [
            `update ${baseNameOf({ number, session })} ${base}`,
            ...(joined === null ? [] : [`update ${joinedNameOf({ number, session })} ${joined}`]),
            ""
          ].join("\n")
        })
        return footing
      })

      const close = Effect.fnUntraced(function* (site: Site) {
        const folder = path.dirname(site.tree)
        const saved = yield* Effect.exit(snapshots.save(site))
        atWork.delete(folder)
        if (saved._tag === "Success") return yield* remove(folder)
        return yield* Effect.logWarning("Work could not be saved, its folder is kept", saved.cause)
      })

      /** Comes to its place when it is whole: files that are missing in it are taken for removed ones. */
      const make = Effect.fnUntraced(function* (site: Site, commit: string) {
        const folder = path.join(root, `new-${site.session}`)
        const { base, repositoryId } = site
        const tree = path.join(folder, "tree")
        yield* removeFolder(folder)
        yield* makeFolder(homeOf(tree), site.subject)
        yield* checkOut({ clone: clones.at(repositoryId), base, commit, tree })
        yield* makeSave({ ...site, save: path.join(folder, "save.git") }, commit)
        yield* sharing.openTree(tree)
        yield* Effect.mapError(fs.rename(folder, path.dirname(site.tree)), () => noRoom(site.subject))
      })

      const open = Effect.fn("Workspaces.open")(function* (assignment: Assignment) {
        const { number, predecessor, repository, session } = assignment
        let site = siteOf(assignment, yield* footingOf(assignment))
        const folder = path.dirname(site.tree)
        yield* makeRoom
        yield* Effect.acquireRelease(
          Effect.sync(() => atWork.add(folder)),
          () => Effect.sync(() => atWork.delete(folder))
        )
        yield* rescue(site)
        yield* remove(folder)
        const newest =
          (yield* snapshots.newest(repository.id, { number, session })) ??
          (predecessor === null ? null : yield* snapshots.newest(repository.id, { number, session: predecessor }))
        yield* make(site, newest?.commit ?? site.base)
        yield* Effect.addFinalizer(() => close(site))
        return {
          site,
          begunFrom: newest,
          disregard: leftovers.find(site, newest?.commit ?? site.base),
          now: Effect.sync(() => site),
          save: Effect.suspend(() => snapshots.save(site)),
          teach: (lesson: Lesson) =>
            Effect.map(teach(site, lesson), (taught) => {
              site = taught
            })
        }
      })

      const layOut = Effect.fn("Workspaces.layOut")(function* (repositoryId: number, commit: string) {
        const folder = path.join(root, `check-${commit.slice(0, 12)}-${yield* Clock.currentTimeMillis}`)
        yield* Effect.acquireRelease(
          Effect.mapError(
            Effect.andThen(
              Effect.sync(() => atWork.add(folder)),
              fs.makeDirectory(path.join(folder, "tree"), { recursive: true, mode: 0o700 })
            ),
            () => noRoom(commit)
          ),
          () =>
            Effect.andThen(
              Effect.sync(() => atWork.delete(folder)),
              removeFolder(folder)
            )
        )
        yield* makeFolder(path.join(folder, "home"), commit)
        yield* putOut(clones.at(repositoryId), commit, path.join(folder, "tree"))
        yield* sharing.openTree(path.join(folder, "tree"))
        return path.join(folder, "tree")
      })

      return { open, layOut }
    })
  )
}
