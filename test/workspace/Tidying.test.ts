import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { ControlClones } from "../../src/workspace/ControlClones.ts"
import { isScattered, Scatter } from "../../src/workspace/Tidying.ts"
import { shell } from "../harness/Shell.ts"
import { ground, REPOSITORY } from "./support.ts"

const counted = (loose: number, packs: number) =>
  `count: ${loose}\nsize: 12\nin-pack: 9\npacks: ${packs}\nsize-pack: 3\nprune-packable: 0\ngarbage: 0\nsize-garbage: 0\n`

/** Two snapshots, each in a pack of its own. */
const SCATTER = `for n in 1 2; do
  git update-ref refs/mosaic/1/$1/$n "$(git commit-tree -m "$1 $n" 'main^{tree}')"; git repack -q -d; done`
const AGE = "find objects -type f -exec touch -d '3 weeks ago' {} +"

const packs = (clone: string) => Effect.map(shell(clone, "ls objects/pack/*.pack | wc -l"), Number)
const scatter = (clone: string, session: string) => shell(clone, `set -- ${session}; ${SCATTER}`)
const unnamed = (clone: string, text: string) =>
  Effect.map(shell(clone, `git commit-tree -m '${text}' 'main^{tree}'`), (id) => id.trim())
const isThere = (clone: string, id: string) =>
  Effect.map(shell(clone, `git cat-file -e ${id} 2>&1 && echo yes || true`), (said) => said.endsWith("yes\n"))

/** The clones as they are after the coordinator was started again. */
const again = Effect.map(Layer.build(Layer.fresh(ControlClones.layer)), (context) =>
  Context.get(context, ControlClones)
)

const tight = Effect.provideService(Scatter, { loose: 1000, packs: 1 })

describe("isScattered", () => {
  it.each([
    [0, 1, false],
    [10, 2, false],
    [11, 1, true],
    [0, 3, true]
  ])("with %i loose objects and %i packs, where 10 and 2 may be: %s", (loose, many, expected) => {
    assert.strictEqual(isScattered(counted(loose, many), { loose: 10, packs: 2 }), expected)
  })
})

describe("A control clone", () => {
  layer(ground)((it) => {
    it.effect("that is in use is packed and loses nothing, whatever its age", () =>
      Effect.gen(function* () {
        const clones = yield* ControlClones
        const clone = yield* clones.refresh(REPOSITORY)
        yield* scatter(clone, "a")
        const id = yield* unnamed(clone, "not named yet")
        yield* shell(clone, AGE)
        yield* clones.refresh(REPOSITORY)
        assert.isAbove(yield* packs(clone), 1, "nothing is done within the bounds")
        yield* tight(clones.refresh(REPOSITORY))
        assert.strictEqual(yield* packs(clone), 1)
        assert.isTrue(yield* isThere(clone, id))
        assert.isNotNull(yield* clones.commit(REPOSITORY.id, "refs/mosaic/1/a/2"))
      })
    )

    it.effect("loses what no ref leads to when it is taken up after a start, and nothing of the last two weeks", () =>
      Effect.gen(function* () {
        const clone = yield* (yield* ControlClones).refresh(REPOSITORY)
        yield* scatter(clone, "b")
        const old = yield* unnamed(clone, "old")
        yield* shell(clone, AGE)
        const young = yield* unnamed(clone, "young")
        const clones = yield* again
        yield* tight(clones.refresh(REPOSITORY))
        assert.strictEqual(yield* packs(clone), 1)
        assert.deepStrictEqual([yield* isThere(clone, old), yield* isThere(clone, young)], [false, true])
        assert.isNotNull(yield* clones.commit(REPOSITORY.id, "refs/mosaic/1/b/1"))
      })
    )

    it.effect("is not packed while objects are brought into it, and what brings them does not wait", () =>
      Effect.gen(function* () {
        const clones = yield* ControlClones
        const clone = yield* clones.refresh(REPOSITORY)
        yield* scatter(clone, "c")
        yield* clones.undisturbed(REPOSITORY.id)(tight(clones.refresh(REPOSITORY)))
        assert.isAbove(yield* packs(clone), 1)
        yield* tight(clones.refresh(REPOSITORY))
        assert.strictEqual(yield* packs(clone), 1)
      })
    )

    it.effect("that cannot be packed is refreshed all the same, and packed after the next start", () =>
      Effect.gen(function* () {
        const clones = yield* ControlClones
        const clone = yield* clones.refresh(REPOSITORY)
        yield* scatter(clone, "d")
        yield* shell(clone, "git config repack.writeBitmaps nonsense")
        assert.strictEqual(yield* tight(clones.refresh(REPOSITORY)), clone)
        yield* shell(clone, "git config --unset repack.writeBitmaps")
        yield* tight(clones.refresh(REPOSITORY))
        assert.isAbove(yield* packs(clone), 1, "it is not tried again before")
        yield* tight((yield* again).refresh(REPOSITORY))
        assert.strictEqual(yield* packs(clone), 1)
      })
    )
  })
})
