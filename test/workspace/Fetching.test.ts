import { assert, describe, layer } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { FullName } from "../../src/domain/Repository.ts"
import { ControlClones } from "../../src/workspace/ControlClones.ts"
import { warned } from "../harness/Logged.ts"
import { shell, upstream } from "../harness/Shell.ts"
import { Ground, ground } from "./support.ts"

/** Saves a tree of one file under a name, and takes the file away, so that it cannot be read until it is `mended`. */
const unreadable = (gitDir: string, ref: string) =>
  Effect.gen(function* () {
    const script = [
      "blob=$(echo lost | git hash-object -w --stdin)",
      `tree=$(printf '100644 blob %s\\tlost\\n' $blob | git mktree)`,
      `git update-ref ${ref} $(git commit-tree $tree -m lost)`,
      "object=objects/${blob:0:2}/${blob:2}",
      "mv $object aside",
      "echo $object"
    ].join("\n")
    const object = (yield* shell(gitDir, script)).trim()
    return { mended: shell(gitDir, `mv aside ${object}`) }
  })

describe("A clone", () => {
  layer(ground)((it) => {
    it.effect("is not made as long as the work that Gitea has does not come", () =>
      Effect.gen(function* () {
        const { folder } = yield* Ground
        const clones = yield* ControlClones
        const fs = yield* FileSystem.FileSystem
        const repository = { id: 31, fullName: FullName.make("acme/halting") }
        const remote = yield* upstream(folder, repository.fullName, { "README.md": "A shop." })
        const { mended } = yield* unreadable(remote, "refs/mosaic/1/s/1")
        assert.strictEqual((yield* Effect.flip(clones.refresh(repository)))._tag, "GitError")
        assert.isFalse(yield* fs.exists(clones.at(repository.id)))
        yield* mended
        yield* clones.refresh(repository)
        assert.deepStrictEqual(yield* clones.names(repository.id, "refs/mosaic/"), ["refs/mosaic/1/s/1"])
      })
    )

    it.effect("that is made anew has what of the old one can be read, and that is kept where some cannot", () =>
      Effect.gen(function* () {
        const lines: Array<string> = []
        const { folder } = yield* Ground
        const clones = yield* ControlClones
        const fs = yield* FileSystem.FileSystem
        const repository = { id: 32, fullName: FullName.make("acme/broken") }
        yield* upstream(folder, repository.fullName, { "README.md": "A shop." })
        const clone = yield* clones.refresh(repository)
        yield* unreadable(clone, "refs/mosaic/1/s/1")
        yield* shell(clone, "git update-ref refs/mosaic/2/s/1 main; echo 'broken [' > config")
        yield* Effect.provide(clones.refresh(repository), warned(lines))
        assert.deepStrictEqual(yield* clones.names(repository.id, "refs/mosaic/"), ["refs/mosaic/2/s/1"])
        assert.isTrue(yield* fs.exists(`${clone}.broken`))
        assert.deepStrictEqual(lines, [
          "Warn Clone made anew, because it could not be read",
          "Warn Clone is kept beside the new one: not all of it could be read"
        ])
      })
    )
  })
})
