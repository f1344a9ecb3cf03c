import { assert, describe, layer } from "@effect/vitest"
import { Context, Effect, FileSystem, Layer } from "effect"
import { TestClock } from "effect/testing"
import { FullName } from "../../src/domain/Repository.ts"
import { KeptAtMost } from "../../src/workspace/Bounds.ts"
import { ControlClones } from "../../src/workspace/ControlClones.ts"
import { warned } from "../harness/Logged.ts"
import { shell, upstream } from "../harness/Shell.ts"
import { Ground, ground } from "./support.ts"

let last = 100

/** A repository of its own, its clone, and one snapshot in it where it is asked for. */
const cloned = Effect.fnUntraced(function* (of: { readonly work?: boolean } = {}) {
  const { folder } = yield* Ground
  const clones = yield* ControlClones
  const id = ++last
  const repository = { id, fullName: FullName.make(`acme/room-${id}`) }
  const remote = yield* upstream(folder, repository.fullName, { "README.md": `${id}` })
  const clone = yield* clones.refresh(repository)
  if (of.work === true)
    yield* shell(clone, "git update-ref refs/mosaic/1/s/base main; git update-ref refs/mosaic/1/s/1 main")
  return {
    clone,
    id,
    /** Its work is in Gitea from then on. */
    keep: clones.keep(repository, 1),
    isThere: FileSystem.FileSystem.pipe(Effect.flatMap((fs) => fs.exists(clone))),
    remote,
    repository
  }
})

/** Makes another clone where hardly anything has room. */
const another = Effect.provideService(cloned(), KeptAtMost, { clones: 1, sessions: 1 })
const aDayLater = TestClock.adjust("25 hours")

describe("Clones that together are too large", () => {
  layer(ground)((it) => {
    it.effect("are removed before another one is made, once their work is in Gitea, and found again there", () =>
      Effect.gen(function* () {
        const clones = yield* ControlClones
        const [worked, plain] = [yield* cloned({ work: true }), yield* cloned()]
        yield* worked.keep
        yield* shell(plain.clone, "git update-ref refs/mosaic/1/t/base main")
        yield* aDayLater
        const next = yield* another
        assert.deepStrictEqual([yield* worked.isThere, yield* plain.isThere, yield* next.isThere], [false, false, true])
        assert.match(yield* shell(worked.remote, "git for-each-ref refs/mosaic"), /1\/s\/1\n.*1\/s\/base\n$/)
        yield* clones.refresh(worked.repository)
        assert.deepStrictEqual(yield* clones.names(worked.id, "refs/mosaic/"), [
          "refs/mosaic/1/s/1",
          "refs/mosaic/1/s/base"
        ])
        assert.lengthOf(yield* clones.names(worked.id, "refs/kept/"), 2)
      })
    )

    it.effect("stay as long as they are in use, or were within a day", () =>
      Effect.gen(function* () {
        const clones = yield* ControlClones
        const [held, young] = [yield* cloned(), yield* cloned()]
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* clones.hold(held.id)
            yield* aDayLater
            yield* clones.refresh(young.repository)
            yield* another
            assert.deepStrictEqual([yield* held.isThere, yield* young.isThere], [true, true])
          })
        )
        yield* another
        assert.isTrue(yield* held.isThere, "it was just used")
        yield* aDayLater
        yield* another
        assert.deepStrictEqual([yield* held.isThere, yield* young.isThere], [false, false])
      })
    )

    it.effect("stay with work that was not pushed, which is told once, and others go in their place", () =>
      Effect.gen(function* () {
        const lines: Array<string> = []
        const [stuck, plain] = [yield* cloned({ work: true }), yield* cloned()]
        yield* aDayLater
        yield* Effect.andThen(another, another).pipe(Effect.provide(warned(lines)))
        assert.deepStrictEqual([yield* stuck.isThere, yield* plain.isThere], [true, false])
        assert.deepStrictEqual(lines, ["Warn Clone kept though there is no room for it"])
        assert.strictEqual(yield* shell(stuck.remote, "git for-each-ref refs/mosaic"), "", "nothing is pushed unasked")
        yield* stuck.keep
        yield* another
        assert.isFalse(yield* stuck.isThere)
      })
    )

    it.effect("stay with what a hook of the repository declined, and what it took is known to be there", () =>
      Effect.gen(function* () {
        const clones = yield* ControlClones
        const { clone, id, isThere, keep, remote } = yield* cloned({ work: true })
        yield* shell(clone, "git update-ref refs/mosaic/1/s/checked main")
        const hook = `${remote}/hooks/update`
        yield* shell(
          remote,
          `mkdir -p hooks; printf '#!/bin/sh\\ncase $1 in *checked) exit 1;; esac' > ${hook}; chmod +x ${hook}`
        )
        const error = yield* Effect.flip(keep)
        assert.strictEqual(error.reason, "declined")
        assert.deepStrictEqual(yield* clones.names(id, "refs/kept/"), ["refs/kept/1/s/1", "refs/kept/1/s/base"])
        yield* aDayLater
        yield* another
        assert.isTrue(yield* isThere)
        yield* shell(remote, `rm ${hook}`)
        yield* keep
        yield* another
        assert.isFalse(yield* isThere)
      })
    )

    it.effect(
      "stay where Gitea has lost their work, or another repository has their name, and nothing is pushed there",
      () =>
        Effect.gen(function* () {
          const lines: Array<string> = []
          const [lost, renamed, away] = [
            yield* cloned({ work: true }),
            yield* cloned({ work: true }),
            yield* cloned({ work: true })
          ]
          yield* Effect.forEach([lost, renamed, away], ({ keep }) => keep)
          yield* shell(lost.remote, "git update-ref -d refs/mosaic/1/s/1")
          yield* shell(away.remote, "mv $PWD $PWD.away")
          const { folder } = yield* Ground
          yield* shell(renamed.remote, "mv $PWD $PWD.renamed")
          yield* upstream(folder, renamed.repository.fullName, { "README.md": "Somebody else's." })
          yield* aDayLater
          yield* Effect.provide(another, warned(lines))
          assert.deepStrictEqual([yield* lost.isThere, yield* renamed.isThere, yield* away.isThere], [true, true, true])
          assert.lengthOf(lines, 3)
          assert.strictEqual(yield* shell(renamed.remote, "git for-each-ref refs/mosaic"), "")
          yield* shell(lost.remote, "git update-ref refs/mosaic/1/s/1 main")
          yield* shell(folder, `mv '${away.remote}.away' '${away.remote}'`)
          yield* another
          assert.deepStrictEqual(
            [yield* lost.isThere, yield* renamed.isThere, yield* away.isThere],
            [false, true, false]
          )
        })
    )

    it.effect("stay where what could not be read of them lies beside", () =>
      Effect.gen(function* () {
        const plain = yield* cloned()
        yield* shell(plain.clone, "mkdir ../$(basename $PWD).broken")
        yield* aDayLater
        yield* another
        assert.isTrue(yield* plain.isThere)
        yield* shell(plain.clone, "rmdir ../$(basename $PWD).broken")
        yield* another
        assert.isFalse(yield* plain.isThere)
      })
    )

    it.effect("go oldest first, and no more of them than has to be", () =>
      Effect.gen(function* () {
        const [old, young] = [yield* cloned(), yield* cloned()]
        yield* aDayLater
        yield* shell(young.clone, "touch -d '@-10' .")
        yield* shell(old.clone, "touch -d '@-20' .")
        const { folder } = yield* Ground
        const size = Number(
          (yield* shell(
            folder,
            "find work/clones -type f -printf '%s\\n' | awk '{ sum += $1 } END { print sum }'"
          )).trim()
        )
        yield* Effect.provideService(cloned(), KeptAtMost, { clones: size - 1, sessions: 1 })
        assert.deepStrictEqual([yield* old.isThere, yield* young.isThere], [false, true])
      })
    )

    it.effect("are not what a crash left half made or half removed", () =>
      Effect.gen(function* () {
        const { folder } = yield* Ground
        const fs = yield* FileSystem.FileSystem
        const { clone, isThere, repository } = yield* cloned({ work: true })
        yield* shell(`${folder}/work/clones`, `mkdir new-5.git gone-6.git; mv '${clone}' '${clone}.broken'`)
        const clones = Context.get(yield* Layer.build(Layer.fresh(ControlClones.layer)), ControlClones)
        const left = yield* fs.readDirectory(`${folder}/work/clones`)
        assert.notIncludeMembers(left, ["new-5.git", "gone-6.git"])
        yield* clones.refresh(repository)
        assert.isTrue(yield* isThere)
        assert.lengthOf(yield* clones.names(repository.id, "refs/mosaic/"), 2)
        assert.isFalse(yield* fs.exists(`${clone}.broken`))
      })
    )
  })
})
