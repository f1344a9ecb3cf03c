import { Clock, Context, Effect, FileSystem, Layer, Path } from "effect"
import type { Scope } from "effect"
import type { Repository } from "../domain/Repository.ts"
import { makeCheckout, makeExport } from "./Checkout.ts"
import { ControlClones } from "./ControlClones.ts"
import { removeFolder } from "./Folder.ts"
import { makeLeftovers } from "./Leftovers.ts"
import { makeLessons } from "./Lesson.ts"
import type { Lesson } from "./Lesson.ts"
import { makeSaves, noRoom } from "./Saves.ts"
import { makeSetupMark } from "./SetupMark.ts"
import { makeSharing } from "./Sharing.ts"
import { makeSalvage } from "./Salvage.ts"
import { makeSiteNotes } from "./SiteNote.ts"
import { makeSites } from "./Sites.ts"
import type { Assignment } from "./Sites.ts"
import { homeOf } from "./Surroundings.ts"
import { Snapshots } from "./Snapshots.ts"
import type { SaveError, Site, Snapshot } from "./Snapshots.ts"
import { makeWorkFolders } from "./WorkFolders.ts"

/** A checkout at work. */
export interface Workspace {
  /** As it was opened. */
  readonly site: Site
  /** The snapshot that it was made from; null: from the base. */
  readonly begunFrom: Snapshot | null
  /** From now on nothing in it is saved, until `disregard`: a setup that fails, or is cut off, leaves no work. */
  readonly beginSetup: Effect.Effect<void, SaveError>
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
    /**
     * Saved and removed when the scope ends. What a crash left of it is saved first, or set aside where that cannot be. The clone has
     * been refreshed before.
     */
    open(assignment: Assignment): Effect.Effect<Workspace, SaveError, Scope.Scope>
    /** The tree of a commit in a folder of its own, until the scope ends. */
    layOut(repositoryId: number, commit: string): Effect.Effect<string, SaveError, Scope.Scope>
  }
>()("mosaic-coordinator/workspace/Workspaces") {
  static readonly layer = Layer.effect(
    Workspaces,
    Effect.gen(function* () {
      const clones = yield* ControlClones
      const path = yield* Path.Path
      const snapshots = yield* Snapshots
      const leftovers = yield* makeLeftovers
      const mark = yield* makeSetupMark
      const teach = yield* makeLessons
      const folders = yield* makeWorkFolders
      const { enter, makeRoom, remove } = folders
      const siteOf = yield* makeSites(folders.root)
      const make = yield* makeMaking(folders)
      const { rescue, salvage } = yield* makeSalvage(siteOf)
      const close = yield* makeClosing(folders)
      const layOut = yield* makeLayingOut(folders)

      const open = Effect.fn("Workspaces.open")(function* (assignment: Assignment) {
        const { number, predecessor, repository, session } = assignment
        let site = yield* siteOf(assignment)
        const folder = path.dirname(site.tree)
        yield* clones.hold(repository.id)
        yield* enter(folder)
        yield* makeRoom(salvage)
        yield* rescue(assignment, site)
        yield* remove(folder)
        const newest =
          (yield* snapshots.newest(repository.id, { number, session })) ??
          (predecessor === null ? null : yield* snapshots.newest(repository.id, { number, session: predecessor }))
        yield* make(site, repository, newest?.commit ?? site.base)
        yield* Effect.addFinalizer(() => close(site))
        return {
          site,
          begunFrom: newest,
          beginSetup: mark.set(site),
          disregard: Effect.andThen(leftovers.find(site, newest?.commit ?? site.base), mark.clear(site)),
          now: Effect.sync(() => site),
          save: Effect.suspend(() => snapshots.save(site)),
          teach: (lesson: Lesson) =>
            Effect.map(teach(site, lesson), (taught) => {
              site = taught
            })
        }
      })

      return { open, layOut }
    })
  )
}

type WorkFolders = Effect.Success<typeof makeWorkFolders>

/** Makes the folder of a session: the checkout, and the repository for its snapshots. */
const makeMaking = ({ root }: WorkFolders) =>
  Effect.gen(function* () {
    const clones = yield* ControlClones
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const checkOut = yield* makeCheckout
    const notes = yield* makeSiteNotes
    const makeSave = yield* makeSaves
    const sharing = yield* makeSharing

    /** Comes to its place when it is whole: files that are missing in it are taken for removed ones. */
    return Effect.fnUntraced(function* (site: Site, repository: Repository, commit: string) {
      const folder = path.join(root, `new-${site.session}`)
      const { base, number, repositoryId, session } = site
      const tree = path.join(folder, "tree")
      yield* removeFolder(folder)
      yield* Effect.mapError(fs.makeDirectory(homeOf(tree), { recursive: true, mode: 0o700 }), () =>
        noRoom(site.subject)
      )
      yield* Effect.mapError(notes.write(folder, { repository, number, session, start: base }), () =>
        noRoom(site.subject)
      )
      yield* checkOut({ clone: clones.at(repositoryId), base, commit, tree })
      yield* makeSave({ ...site, save: path.join(folder, "save.git") }, commit)
      yield* sharing.openTree(tree)
      yield* Effect.mapError(fs.rename(folder, path.dirname(site.tree)), () => noRoom(site.subject))
    })
  })

/** Saves what a session leaves that rests. */
const makeClosing = ({ remove }: WorkFolders) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const snapshots = yield* Snapshots

    return Effect.fnUntraced(function* (site: Site) {
      const folder = path.dirname(site.tree)
      const saved = yield* Effect.exit(snapshots.save(site))
      if (saved._tag === "Success") return yield* remove(folder)
      return yield* Effect.logWarning("Work could not be saved, its folder is kept", saved.cause)
    })
  })

/** Lays trees out in folders that no session works in. */
const makeLayingOut = ({ root }: WorkFolders) =>
  Effect.gen(function* () {
    const clones = yield* ControlClones
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const putOut = yield* makeExport
    const sharing = yield* makeSharing

    return Effect.fn("Workspaces.layOut")(function* (repositoryId: number, commit: string) {
      const folder = path.join(root, `check-${commit.slice(0, 12)}-${yield* Clock.currentTimeMillis}`)
      yield* Effect.acquireRelease(
        Effect.mapError(fs.makeDirectory(path.join(folder, "tree"), { recursive: true, mode: 0o700 }), () =>
          noRoom(commit)
        ),
        () => removeFolder(folder)
      )
      yield* Effect.mapError(fs.makeDirectory(path.join(folder, "home"), { recursive: true, mode: 0o700 }), () =>
        noRoom(commit)
      )
      yield* putOut(clones.at(repositoryId), commit, path.join(folder, "tree"))
      yield* sharing.openTree(path.join(folder, "tree"))
      return path.join(folder, "tree")
    })
  })
