import { Effect, FileSystem, Path } from "effect"
import { Git } from "../git/Git.ts"
import { ControlClones } from "./ControlClones.ts"
import { removeFolder } from "./Folder.ts"
import { makeLeftovers } from "./Leftovers.ts"
import { makeSharing } from "./Sharing.ts"
import type { Site } from "./Snapshots.ts"
import { WorkspaceError } from "./WorkspaceError.ts"

export const noRoom = (subject: string) =>
  new WorkspaceError({
    subject,
    detail: "its folder could not be made: make room on the disk of AGENT_WORK_DIR",
    outlook: "passing"
  })

/** The repository that snapshots are made in. It replaces one that is there. Only the isolation runs git on it. */
export const makeSaves = Effect.gen(function* () {
  const clones = yield* ControlClones
  const fs = yield* FileSystem.FileSystem
  const git = yield* Git
  const path = yield* Path.Path
  const leftovers = yield* makeLeftovers
  const sharing = yield* makeSharing

  /** The objects of the base are not copied. */
  const borrow = (site: Site) => {
    const objects = path.join(clones.at(site.repositoryId), "objects")
    return fs.makeDirectory(path.join(site.save, "objects", "info"), { recursive: true }).pipe(
      Effect.andThen(fs.writeFileString(path.join(site.save, "objects", "info", "alternates"), `${objects}\n`)),
      Effect.mapError(() => noRoom(site.subject))
    )
  }

  return Effect.fnUntraced(function* (site: Site, commit: string) {
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
})
