import { NodeServices } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { Context, Effect, FileSystem, Layer, Path } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { spawn } from "../harness/ChildProcesses.ts"

const STAND_INS = "mosaic-coordinator/sandbox/"
const LIMIT = 60_000

/** A folder with what `npm run build` makes, far from the sources and from node_modules. */
class Bundle extends Context.Service<Bundle, { readonly folder: string }>()(
  "mosaic-coordinator/test/image/Bundle.test/Bundle"
) {
  static readonly layer = Layer.effect(
    Bundle,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
      assert.strictEqual(yield* spawner.exitCode(ChildProcess.make("npm", ["run", "build"])), 0)
      const folder = yield* fs.makeTempDirectoryScoped({ prefix: "mosaic-bundle-" })
      yield* fs.copy("dist", folder, { overwrite: true })
      return { folder }
    })
  )
}

const filesWith = Effect.fnUntraced(function* (folder: string, text: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = yield* fs.readDirectory(folder, { recursive: true })
  return yield* Effect.filter(
    names.filter((name) => /\.[jt]s$/.test(name)),
    (name) => Effect.map(fs.readFileString(path.join(folder, name)), (content) => content.includes(text))
  )
})

layer(Bundle.layer.pipe(Layer.provideMerge(NodeServices.layer)), { timeout: LIMIT, excludeTestServices: true })(
  "Bundle",
  (it) => {
    it.effect("has nothing of the stand-ins", () =>
      Effect.gen(function* () {
        const { folder } = yield* Bundle
        assert.isNotEmpty(yield* filesWith("src/sandbox", STAND_INS))
        assert.isNotEmpty(yield* filesWith(folder, "mosaic-coordinator/Settings"))
        assert.deepStrictEqual(yield* filesWith(folder, STAND_INS), [])
      })
    )

    it.effect("starts with nothing else installed, and names the settings that are missing", () =>
      Effect.gen(function* () {
        const path = yield* Path.Path
        const { folder } = yield* Bundle
        const child = yield* spawn([path.join(folder, "main.js")], {})
        assert.strictEqual(yield* child.ended, 1)
        assert.deepStrictEqual(
          (yield* child.stderr).map((sentence) => sentence.split(":")[0]),
          ["GITEA_WEBHOOK_SECRET is not set", "GITEA_URL is not set"]
        )
      })
    )
  }
)
