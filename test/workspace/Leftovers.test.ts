import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { patternsOf } from "../../src/workspace/SetupScript.ts"
import { lacking } from "../harness/Lacking.ts"
import { shell } from "../harness/Shell.ts"
import { ground, scene } from "./support.ts"

const SETUP = `mkdir -p .venv/bin 'odd [name]*'; echo 1 > .venv/bin/python; echo 2 > 'odd [name]*/x'; echo 3 > lock
  echo spoilt > README.md; rm src/total.js; mkdir node_modules; echo 4 > node_modules/y; echo 5 > src/made.js`

describe("patternsOf", () => {
  it("are names from the top, whatever is in them", () => {
    assert.strictEqual(
      patternsOf(".venv/\0!a\0#b\0c*[d]?\\\0e \0new\nline\0"),
      "/.venv/\n/!a\n/#b\n/c\\*\\[d\\]\\?\\\\\n/e\\ \n"
    )
  })
})

describe.skipIf(lacking("bwrap"))("What setup leaves in a workspace", () => {
  layer(ground)((it) => {
    it.effect("is never saved, and files of the repository are put back", () =>
      Effect.gen(function* () {
        const { files, open } = yield* scene
        const { disregard, save, site } = yield* open()
        yield* shell(site.tree, SETUP)
        yield* disregard
        assert.isNull(yield* save)
        assert.strictEqual(yield* shell(site.tree, "cat .venv/bin/python; ls src"), "1\nmade.js\ntotal.js\n")
        yield* shell(site.tree, "echo mine > src/mine.js; echo more >> .venv/bin/python")
        assert.deepStrictEqual(yield* files((yield* save)?.commit ?? ""), [
          "100644 .gitignore",
          "100644 README.md",
          "100644 src/mine.js",
          "100644 src/total.js"
        ])
      })
    )

    it.effect("is no work either where setup fails or is cut off", () =>
      Effect.gen(function* () {
        const { open } = yield* scene
        const begun = Effect.gen(function* () {
          const { begunFrom, beginSetup, site } = yield* open()
          assert.isNull(begunFrom)
          yield* beginSetup
          yield* shell(site.tree, SETUP)
        })
        yield* Effect.scoped(begun)
        yield* Effect.scoped(begun)
      })
    )

    it.effect("is not what the session did before it, which stays saved", () =>
      Effect.gen(function* () {
        const { files, open } = yield* scene
        yield* Effect.scoped(
          Effect.flatMap(open(), ({ site }) => shell(site.tree, "echo 1 > one; echo 2 >> README.md"))
        )
        const { disregard, save, site } = yield* open()
        yield* shell(site.tree, `${SETUP}; echo spoilt > one`)
        yield* disregard
        assert.strictEqual(yield* shell(site.tree, "cat one; tail -1 README.md"), "1\n2\n")
        yield* shell(site.tree, "echo 3 > three")
        assert.includeMembers([...(yield* files((yield* save)?.commit ?? ""))], ["100644 one", "100644 three"])
      })
    )

    it.effect("stays left out where a crash had the workspace saved at the next start", () =>
      Effect.gen(function* () {
        const { files, open, snapshots, session } = yield* scene
        const fs = yield* FileSystem.FileSystem
        const { disregard, site } = yield* open()
        yield* shell(site.tree, SETUP)
        yield* disregard
        yield* shell(site.tree, "echo mine > mine")
        assert.isTrue(yield* fs.exists(site.tree))
        yield* open()
        const newest = yield* snapshots.newest(site.repositoryId, { number: site.number, session })
        assert.deepStrictEqual(yield* files(newest?.commit ?? ""), [
          "100644 .gitignore",
          "100644 README.md",
          "100644 mine",
          "100644 src/total.js"
        ])
      })
    )
  })
})
