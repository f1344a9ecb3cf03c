import { NodeCrypto, NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { Uptime } from "../../src/event/Uptime.ts"
import * as Store from "../../src/storage/Store.ts"
import { eventually } from "../harness/Eventually.ts"
import { stored } from "../harness/StoreBuilder.ts"
import { column } from "../harness/StoreReader.ts"
import { storeFile } from "../harness/StoreFile.ts"
import { settings } from "../harness/TestSettings.ts"

/** A new store, with the time of its lock file in seconds, and a run of the coordinator on it, which lasts as long as its effect. */
const scene = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const database = `${yield* fs.makeTempDirectoryScoped()}/store.db`
  const layer = Uptime.layer.pipe(
    Layer.provideMerge(Store.layer),
    Layer.provide([settings({ database }), NodeCrypto.layer, NodeServices.layer])
  )
  const locked = Effect.map(fs.stat(`${database}.lock`), ({ mtime }) =>
    Option.match(mtime, { onNone: () => NaN, onSome: (date) => date.getTime() / 1000 })
  )
  return {
    locked,
    run: <A, E>(effect: Effect.Effect<A, E, Layer.Success<typeof layer>>) => Effect.provide(effect, layer),
    /** The run before did not end by itself. */
    killed: (start: number, lastBeat: number) =>
      Effect.andThen(
        storeFile(database).alter("uptimes", { startedAt: start * 1000, aliveAt: start * 1000 }),
        fs.utimes(`${database}.lock`, lastBeat, lastBeat)
      )
  }
})

const downtimes = Effect.flatMap(Uptime, (uptime) => uptime.downtimes).pipe(
  Effect.map((all) => all.map(({ from, to }) => [from / 1000, to / 1000]))
)

describe("Uptime", () => {
  it.effect("tells when nobody listened, up to the end of a run that was stopped", () =>
    Effect.gen(function* () {
      const { run } = yield* scene
      yield* TestClock.setTime(100_000)
      yield* run(TestClock.adjust("25 seconds"))
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* run(downtimes), [
        [0, 100],
        [125, 185]
      ])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("gives a sign of life every ten seconds, which commits nothing", () =>
    Effect.gen(function* () {
      const { locked, run } = yield* scene
      yield* TestClock.setTime(100_000)
      yield* run(
        Effect.gen(function* () {
          const gives = (at: number) => eventually(`it gives a sign at ${at}`, locked, (time) => time === at)
          yield* gives(100)
          yield* TestClock.adjust("10 seconds")
          yield* gives(110)
          yield* TestClock.adjust("10 seconds")
          yield* gives(120)
          assert.deepStrictEqual(yield* column("uptimes", "aliveAt"), [100_000])
        })
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("takes the last sign for the end of a run that was killed", () =>
    Effect.gen(function* () {
      const { killed, run } = yield* scene
      yield* TestClock.setTime(900_000)
      yield* run(Effect.void)
      yield* killed(500, 710)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* run(downtimes), [
        [0, 500],
        [710, 960]
      ])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )

  it.effect("remembers the newest thousand runs, its own among them", () =>
    Effect.gen(function* () {
      const { run } = yield* scene
      const earlier = Array.from({ length: 1200 }, (_, index) => ({ startedAt: index * 1000, aliveAt: index * 1000 }))
      yield* run(
        Effect.flatMap(SqlClient.SqlClient, ({ withTransaction }) =>
          withTransaction(Effect.forEach(earlier, stored.uptime, { discard: true }))
        )
      )
      yield* TestClock.setTime(2_000_000)
      const all = yield* run(downtimes)
      assert.strictEqual(all.length, 1000)
      assert.strictEqual(all[0]?.[1], 201)
      assert.strictEqual(all.at(-1)?.[1], 2000)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer))
  )
})
