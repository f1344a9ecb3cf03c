import { assert, describe, layer } from "@effect/vitest"
import { Config, Effect, Random } from "effect"
import { inspect } from "node:util"
import { signedDelivery } from "../harness/Deliveries.ts"
import { Coordinator, harness } from "../harness/Harness.ts"
import { rawNoise } from "../harness/RawNoise.ts"
import { CLOSE, rawDelivery, rawHead } from "../harness/RawRequest.ts"
import { converse, openSocket, statusesIn } from "../harness/RawSocket.ts"

/** Longer: FUZZ_ROUNDS=20000 FUZZ_SEED=any npx vitest run test/webhook/Fuzz.test.ts --testTimeout 3600000 */
const budget = Config.all({
  rounds: Config.Int("FUZZ_ROUNDS").pipe(Config.withDefault(400)),
  seed: Config.String("FUZZ_SEED").pipe(Config.withDefault("mosaic"))
})
const AT_ONCE = 16
const HEALTH = rawHead("GET /health HTTP/1.1", [["host", "coordinator.test"], ...CLOSE])

const EXPECTED = [100, 200, 400, 401, 404, 405, 408, 411, 413, 415, 417, 422, 429, 431]
const INSIDE = /node_modules|node:internal|\.ts:\d|\.js:\d|\n +at |stack|Cause|Fail\b/

/** What the server says to noise, after which nothing comes. */
const answerTo = Effect.fnUntraced(function* (bytes: Uint8Array) {
  const socket = yield* openSocket((yield* Coordinator).url)
  yield* socket.send(bytes)
  yield* socket.finish
  return yield* socket.end
}, Effect.scoped)

const stillServes = Effect.gen(function* () {
  const { url } = yield* Coordinator
  const heard = yield* Effect.forEach([HEALTH, rawDelivery(signedDelivery())], (bytes) => converse(url, bytes))
  assert.deepStrictEqual(heard.flatMap(statusesIn), [200, 200])
})

describe("Server under noise on its socket", () => {
  layer(harness(), { excludeTestServices: true })((it) => {
    it.effect("answers with no fault of its own, tells nothing of its inside, and goes on serving", () =>
      Effect.gen(function* () {
        const { rounds, seed } = yield* budget
        const noise = yield* Random.withSeed(Effect.replicateEffect(rawNoise, rounds), seed)
        yield* Effect.forEach(
          noise,
          (bytes, round) =>
            Effect.gen(function* () {
              const heard = yield* answerTo(bytes)
              const told = `round ${round}: ${inspect(Buffer.from(bytes).toString("latin1"))} -> ${heard}`
              assert.isTrue(
                statusesIn(heard).every((status) => EXPECTED.includes(status)),
                told
              )
              assert.notMatch(heard, INSIDE, told)
              if (round % 50 === 0) yield* stillServes
            }),
          { concurrency: AT_ONCE, discard: true }
        )
        yield* stillServes
      })
    )
  })
})
