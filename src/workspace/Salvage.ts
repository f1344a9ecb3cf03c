import { Clock, Effect, FileSystem, Path } from "effect"
import { SessionId } from "../domain/Session.ts"
import { ControlClones } from "./ControlClones.ts"
import { outlookOf } from "./SaveOutlook.ts"
import { makeSaves, noRoom } from "./Saves.ts"
import { makeSiteNotes } from "./SiteNote.ts"
import type { SiteNote } from "./SiteNote.ts"
import type { Assignment, makeSites } from "./Sites.ts"
import { Snapshots } from "./Snapshots.ts"
import type { SaveError, Site } from "./Snapshots.ts"
import type { Unsaved } from "./WorkFolders.ts"

/** Saves what was left in the folder of a session that nobody works in. */
export const makeSalvage = Effect.fnUntraced(function* (siteOf: Effect.Success<ReturnType<typeof makeSites>>) {
  const clones = yield* ControlClones
  const fs = yield* FileSystem.FileSystem
  const notes = yield* makeSiteNotes
  const makeSave = yield* makeSaves
  const setAside = yield* makeSettingAside
  const snapshots = yield* Snapshots
  const exists = (folder: string) => Effect.orElseSucceed(fs.exists(folder), () => false)

  /** Files that no snapshot has yet. */
  const save = Effect.fnUntraced(function* (site: Site) {
    if (!(yield* exists(site.tree))) return
    yield* makeSave(site, site.base)
    yield* snapshots.save(site)
  })

  /** For a session that goes on: fails where it may be saved later; what nobody can tell so of is not in its way any longer. */
  const rescue = (assignment: Assignment, site: Site) =>
    Effect.catchIf(
      save(site),
      (error) => outlookOf(error) !== "passing",
      (error) => setAside(assignment, site, error)
    )

  const saveLeft = Effect.fnUntraced(function* (note: SiteNote) {
    yield* clones.hold(note.repository.id)
    // Gitea may be out of reach; the clone is only needed as it was.
    if (!(yield* exists(clones.at(note.repository.id)))) yield* clones.refresh(note.repository)
    yield* save(yield* siteOf({ ...note, predecessor: null }))
  }, Effect.scoped)

  /** For a session that may never go on. Null: its work is in the clone. */
  const salvage = Effect.fnUntraced(function* (folder: string): Effect.fn.Return<Unsaved | null> {
    const note = yield* notes.read(folder)
    if (note === null) {
      const why = "it is not known whose folder it is"
      return { about: { repository: "unknown", issue: "unknown", session: folder, why }, isLasting: true }
    }
    const { number, repository, session } = note
    return yield* Effect.match(saveLeft(note), {
      onSuccess: () => null,
      onFailure: (error) => ({
        about: { repository: repository.fullName, issue: number, session, why: error.message },
        isLasting: outlookOf(error) === "lasting"
      })
    })
  })

  return { rescue, salvage }
})

/**
 * Puts the folder of a session out of its way. It becomes the folder of a session of its own, so that it is one of those left over,
 * and what is saved of it later never comes before what the session does from now on.
 */
const makeSettingAside = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const notes = yield* makeSiteNotes
  const path = yield* Path.Path

  return Effect.fnUntraced(function* ({ number, repository, session }: Assignment, site: Site, error: SaveError) {
    const from = path.dirname(site.tree)
    const kept = SessionId.make(`kept-${session}-${yield* Clock.currentTimeMillis}`)
    const folder = path.join(path.dirname(from), kept)
    yield* notes.write(from, { repository, number, session: kept, start: site.base }).pipe(
      Effect.andThen(fs.rename(from, folder)),
      Effect.mapError(() => noRoom(site.subject))
    )
    yield* Effect.logWarning("Work could not be saved, its folder is kept").pipe(
      Effect.annotateLogs({ repository: repository.fullName, issue: number, session, folder, why: error.message })
    )
  })
})
