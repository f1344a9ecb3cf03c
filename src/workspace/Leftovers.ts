import { Effect, FileSystem, Path } from "effect"
import { patternsOf, SETUP_SCRIPT } from "./SetupScript.ts"
import { makeSharing } from "./Sharing.ts"
import { makeSiteRuns } from "./SiteRuns.ts"
import type { Site } from "./Snapshots.ts"
import { WorkspaceError } from "./WorkspaceError.ts"

/** Bytes of the list of what setup left. */
const MAX_LIST = 256 * 1024

/** What `setup` left in a workspace, which snapshots leave out. It is kept beside the workspace, where no command of a repository comes. */
export const makeLeftovers = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const run = yield* makeSiteRuns
  const path = yield* Path.Path
  const sharing = yield* makeSharing
  const listOf = ({ tree }: Site) => path.join(path.dirname(tree), "setup.exclude")

  const failed = (site: Site, detail: string) => new WorkspaceError({ subject: site.subject, detail })
  const notWritten = ({ subject }: Site) =>
    new WorkspaceError({
      subject,
      detail: "a list could not be written: make room on the disk of AGENT_WORK_DIR",
      outlook: "passing"
    })

  /** Has the snapshots to come leave out what was found before. */
  const restore = Effect.fn("Leftovers.restore")(function* (site: Site) {
    const list = yield* Effect.orElseSucceed(fs.readFileString(listOf(site)), () => null)
    if (list === null) return
    yield* fs.makeDirectory(path.join(site.save, "info"), { recursive: true }).pipe(
      Effect.andThen(fs.writeFileString(path.join(site.save, "info", "exclude"), list)),
      Effect.mapError(() => notWritten(site))
    )
  })

  const find = Effect.fn("Leftovers.find")(function* (site: Site, now: string) {
    if (now !== site.base) yield* sharing.copyMore(site, [now])
    const ran = yield* run(site, SETUP_SCRIPT, { NOW: now }, { bytes: MAX_LIST, over: "end" })
    if (ran.end === "overflow") return yield* failed(site, "setup left too many files that .gitignore does not name")
    if (ran.end !== "exit" || ran.exitCode !== 0) {
      const why = ran.stderr.trim().split("\n").at(-1)?.slice(0, 200).toWellFormed()
      return yield* failed(site, `what setup left could not be listed: ${why}`)
    }
    yield* Effect.mapError(fs.writeFileString(listOf(site), patternsOf(new TextDecoder().decode(ran.stdout))), () =>
      notWritten(site)
    )
    yield* restore(site)
  })

  return { find, restore }
})
