import { Effect, FileSystem } from "effect"
import { ControlClones } from "./ControlClones.ts"
import { makeSaves } from "./Saves.ts"
import { makeSiteNotes } from "./SiteNote.ts"
import type { SiteNote } from "./SiteNote.ts"
import type { makeSites } from "./Sites.ts"
import { Snapshots } from "./Snapshots.ts"
import type { SaveError, Site } from "./Snapshots.ts"

/** Saves what was left in the folder of a session that nobody works in. */
export const makeSalvage = Effect.fnUntraced(function* (siteOf: Effect.Success<ReturnType<typeof makeSites>>) {
  const clones = yield* ControlClones
  const fs = yield* FileSystem.FileSystem
  const notes = yield* makeSiteNotes
  const makeSave = yield* makeSaves
  const snapshots = yield* Snapshots
  const exists = (folder: string) => Effect.orElseSucceed(fs.exists(folder), () => false)

  /** Files that no snapshot has yet. */
  const rescue = Effect.fnUntraced(function* (site: Site) {
    if (!(yield* exists(site.tree))) return
    yield* makeSave(site, site.base)
    yield* snapshots.save(site)
  })

  const rescueLeft = Effect.fnUntraced(function* (note: SiteNote) {
    yield* clones.hold(note.repository.id)
    // Gitea may be out of reach; the clone is only needed as it was.
    if (!(yield* exists(clones.at(note.repository.id)))) yield* clones.refresh(note.repository)
    yield* rescue(yield* siteOf({ ...note, predecessor: null }))
  }, Effect.scoped)

  /** True: its work is in the clone. Else `told` has been told whose it is, and why. */
  const salvage = Effect.fnUntraced(function* (folder: string, told: Effect.Effect<void>) {
    const note = yield* notes.read(folder)
    const fail = (why: string) =>
      Effect.as(
        Effect.annotateLogs(told, {
          repository: note?.repository.fullName ?? "unknown",
          issue: note?.number ?? "unknown",
          session: note?.session ?? folder,
          why
        }),
        false
      )
    if (note === null) return yield* fail("it is not known whose folder it is")
    return yield* Effect.matchEffect(rescueLeft(note), {
      onSuccess: () => Effect.succeed(true),
      onFailure: (error: SaveError) => fail(error.message)
    })
  })

  return { rescue, salvage }
})
