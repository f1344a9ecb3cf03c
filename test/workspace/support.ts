import { NodeServices } from "@effect/platform-node"
import { Context, Effect, FileSystem, Layer, Logger } from "effect"
import { FullName } from "../../src/domain/Repository.ts"
import { SessionId } from "../../src/domain/Session.ts"
import { Git } from "../../src/git/Git.ts"
import { ToolHost } from "../../src/tool/ToolHost.ts"
import { ControlClones } from "../../src/workspace/ControlClones.ts"
import { Snapshots } from "../../src/workspace/Snapshots.ts"
import { Workspaces } from "../../src/workspace/Workspaces.ts"
import { shell, upstream } from "../harness/Shell.ts"
import { settings } from "../harness/TestSettings.ts"

/** A folder for everything, with a repository "acme/shop" that is fetched from the disk in place of Gitea. */
export class Ground extends Context.Service<
  Ground,
  { readonly folder: string; readonly remote: string; readonly start: string }
>()("mosaic-coordinator/test/workspace/support/Ground") {}

export const REPOSITORY = { id: 7, fullName: FullName.make("acme/shop") }

const FILES = {
  "README.md": "A shop.",
  "src/total.js": "export const total = (lines) => lines.reduce((sum, line) => sum + line, 0)",
  ".gitignore": "node_modules\n*.log"
}

const GroundLayer = Layer.effect(
  Ground,
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const folder = yield* fs.makeTempDirectoryScoped({ prefix: "mosaic-workspace-" })
    const remote = yield* upstream(folder, REPOSITORY.fullName, FILES)
    return { folder, remote, start: (yield* shell(remote, "git rev-parse main")).trim() }
  })
)

export const ground = Workspaces.layer.pipe(
  Layer.provideMerge(Snapshots.layer),
  Layer.provideMerge(ControlClones.layer),
  Layer.provideMerge(Layer.mergeAll(Git.layer, ToolHost.layer)),
  Layer.provideMerge(
    Layer.unwrap(
      Effect.map(Ground, ({ folder }) => settings({ workDir: `${folder}/work`, giteaUrl: folder, sandbox: "bwrap" }))
    )
  ),
  Layer.provideMerge(GroundLayer),
  Layer.provideMerge(NodeServices.layer),
  Layer.provide(Logger.layer([])),
  Layer.orDie
)

let issues = 0

/** What a test does with the workspace of one session after another. */
export const scene = Effect.gen(function* () {
  const { folder, remote, start } = yield* Ground
  const clones = yield* ControlClones
  const snapshots = yield* Snapshots
  const workspaces = yield* Workspaces
  const clone = yield* clones.refresh(REPOSITORY)
  const number = ++issues
  const session = SessionId.make(`0199-${number}`)
  return {
    folder,
    remote,
    start,
    clone,
    clones,
    snapshots,
    workspaces,
    number,
    session,
    /** The workspace of the session of this test, or of another one. */
    open: (
      of: { readonly session?: SessionId; readonly predecessor?: SessionId; readonly start?: string | null } = {}
    ) =>
      workspaces.open({ repository: REPOSITORY, number, session, predecessor: null, ...of, start: of.start ?? start }),
    /** Names and modes of a snapshot, one a line. */
    files: (commit: string) =>
      Effect.map(shell(clone, `git ls-tree -r ${commit}`), (text) =>
        text
          .trim()
          .split("\n")
          .map((line) => line.replace(/^(\d+) \w+ \w+\t/, "$1 "))
      )
  }
})
