import { NodeCrypto, NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Redacted } from "effect"
import { OperatorToken } from "../../src/operator/OperatorToken.ts"
import type { SettingsValues } from "../../src/Settings.ts"
import { settings } from "../harness/TestSettings.ts"

const tokenWith = (values: Partial<SettingsValues>) =>
  Effect.map(OperatorToken, Redacted.value).pipe(
    Effect.provide(OperatorToken.layer.pipe(Layer.provide([settings(values), NodeCrypto.layer, NodeServices.layer])))
  )

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())
const onDisk = Effect.provide(NodeServices.layer)

describe("OperatorToken", () => {
  it.effect("is OPERATOR_TOKEN, and then nothing is kept", () =>
    Effect.gen(function* () {
      const at = yield* folder
      const own = "an-operators-own-token"
      assert.strictEqual(yield* tokenWith({ database: `${at}/store.db`, operatorToken: Redacted.make(own) }), own)
      assert.deepStrictEqual(yield* (yield* FileSystem.FileSystem).readDirectory(at), [])
    }).pipe(onDisk)
  )

  it.effect("is made at the first start, kept for its owner alone, and found again", () =>
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const database = `${yield* folder}/store.db`
      const made = yield* tokenWith({ database })
      assert.match(made, /^[\da-f]{64}$/)
      assert.strictEqual(yield* fs.readFileString(`${database}.operator-token`), `${made}\n`)
      assert.strictEqual((yield* fs.stat(`${database}.operator-token`)).mode & 0o777, 0o600)
      assert.strictEqual(yield* tokenWith({ database }), made)
    }).pipe(onDisk)
  )

  it.effect("is another one for each process whose store is in memory", () =>
    Effect.gen(function* () {
      assert.notStrictEqual(yield* tokenWith({ database: ":memory:" }), yield* tokenWith({ database: ":memory:" }))
    })
  )

  it.effect.each(["", "short\n"])("is refused with what to do when its file has %j", (text) =>
    Effect.gen(function* () {
      const database = `${yield* folder}/store.db`
      yield* (yield* FileSystem.FileSystem).writeFileString(`${database}.operator-token`, text)
      const error = yield* Effect.flip(tokenWith({ database }))
      assert.include(error.message, `${database}.operator-token cannot be used (it is shorter than 16 characters)`)
      assert.include(error.message, "delete the file")
    }).pipe(onDisk)
  )

  it.effect("is refused when its file cannot be read", () =>
    Effect.gen(function* () {
      const database = `${yield* folder}/store.db`
      yield* (yield* FileSystem.FileSystem).makeDirectory(`${database}.operator-token`)
      assert.strictEqual((yield* Effect.flip(tokenWith({ database })))._tag, "OperatorTokenUnusable")
    }).pipe(onDisk)
  )
})
