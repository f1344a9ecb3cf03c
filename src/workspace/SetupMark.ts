import { Effect, FileSystem, Path } from "effect"
import { noRoom } from "./Saves.ts"
import type { Site } from "./Snapshots.ts"

/** A file beside a workspace while `setup` runs there: what lies in it is no work then, however that ends. */
export const makeSetupMark = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const markOf = ({ tree }: Site) => path.join(path.dirname(tree), "setup.running")

  return {
    set: (site: Site) => Effect.mapError(fs.writeFileString(markOf(site), ""), () => noRoom(site.subject)),
    clear: (site: Site) => Effect.mapError(fs.remove(markOf(site), { force: true }), () => noRoom(site.subject)),
    isSet: (site: Site) => Effect.orElseSucceed(fs.exists(markOf(site)), () => false)
  }
})
