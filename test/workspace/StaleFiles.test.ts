import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { existsSync } from "node:fs"
import { ControlClones } from "../../src/workspace/ControlClones.ts"
import { isStale } from "../../src/workspace/StaleFiles.ts"
import { shell } from "../harness/Shell.ts"
import { Ground, ground, REPOSITORY } from "./support.ts"

describe("Stale files", () => {
  it.each([
    ["packed-refs.lock", true],
    ["refs/mosaic/1/s/1.lock", true],
    ["config.lock", true],
    ["objects/pack/tmp_pack_x1", true],
    ["objects/pack/.tmp-1-pack-2.pack", true],
    ["objects/ab/tmp_obj_x1", true],
    ["objects/pack/pack-1.pack", false],
    ["packed-refs", false],
    ["refs/heads/tmp_work", false]
  ])("%s is one: %s", (path, expected) => {
    assert.strictEqual(isStale(path), expected)
  })

  it.effect("of a git that was killed are removed at the start, and the clone works again", () =>
    Effect.gen(function* () {
      const { folder } = yield* Ground
      const clone = yield* (yield* ControlClones).refresh(REPOSITORY)
      yield* shell(clone, "touch packed-refs.lock refs/heads/next.lock objects/pack/tmp_pack_1")
      yield* shell(`${folder}/acme/shop.git`, "git branch next main")
      const error = yield* Effect.flip((yield* ControlClones).refresh(REPOSITORY))
      assert.strictEqual(error.reason, "locked")
      yield* Layer.build(Layer.fresh(ControlClones.layer))
      assert.isFalse(existsSync(`${clone}/packed-refs.lock`))
      assert.isFalse(existsSync(`${clone}/objects/pack/tmp_pack_1`))
      yield* (yield* ControlClones).refresh(REPOSITORY)
      assert.isNotNull(yield* (yield* ControlClones).commit(REPOSITORY.id, "refs/heads/next"))
    }).pipe(Effect.provide(ground))
  )
})
