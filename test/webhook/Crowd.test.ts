import { assert, describe, layer } from "@effect/vitest"
import { Array, Duration, Effect, Schedule } from "effect"
import { signedDelivery } from "../harness/Deliveries.ts"
import { eventually } from "../harness/Eventually.ts"
import { Coordinator, harness } from "../harness/Harness.ts"
import { CLOSE, deliveryHead, lengthOf, rawDelivery } from "../harness/RawRequest.ts"
import { converse, openSocket, statusesIn } from "../harness/RawSocket.ts"

const MEBIBYTE = 1_048_576
/** Milliseconds: both ends of 2,050 connections share one process. */
const PATIENCE = 120_000

const AT_ONCE = { concurrency: "unbounded" } as const

const statusOf = Effect.fnUntraced(function* (bytes: Uint8Array) {
  const { url } = yield* Coordinator
  const heard = yield* converse(url, bytes)
  const [status] = statusesIn(heard)
  return { status, heard }
})

const unsigned = (index: number) =>
  index % 2 === 0
    ? signedDelivery(undefined, { headers: { "x-gitea-signature": "" } })
    : signedDelivery(undefined, { secret: "not the secret" })

/** Beginnings of requests that never come to their end. */
const BEGINNINGS: ReadonlyArray<string> = [
  "",
  "POST /webhook/gitea HTTP/1.1\r\nhost: coor",
  deliveryHead(signedDelivery(), lengthOf(signedDelivery())),
  `${deliveryHead(signedDelivery(), lengthOf(signedDelivery()))}{"action"`
]

describe("Webhook in a crowd", () => {
  layer(harness(), { excludeTestServices: true })((it) => {
    it.effect(
      "gives every signed request its 200 in a flood of unsigned ones from the same address",
      () =>
        Effect.gen(function* () {
          const flood = Effect.forEach(Array.makeBy(2_000, unsigned), (it) => statusOf(rawDelivery(it)), AT_ONCE)
          const signed = Effect.forEach(
            Array.makeBy(50, () => signedDelivery()),
            (it) => statusOf(rawDelivery(it)),
            AT_ONCE
          )
          const [refused, taken] = yield* Effect.all([flood, signed], AT_ONCE)
          assert.deepStrictEqual([...new Set(taken.map(({ status }) => status))], [200])
          assert.lengthOf(
            refused.filter(({ status }) => status === 401),
            60
          )
          const late = refused.filter(({ status }) => status === 429)
          assert.lengthOf(late, 1_940)
          assert.isTrue(late.every(({ heard }) => /^retry-after: (60|[1-5]?\d)\r$/im.test(heard)))
          assert.strictEqual((yield* statusOf(rawDelivery(signedDelivery()))).status, 200)
        }),
      PATIENCE
    )

    it.effect("keeps no signed request waiting for 128 half-open connections, and closes those", () =>
      Effect.gen(function* () {
        const { url } = yield* Coordinator
        const crowd = yield* Effect.forEach(
          Array.makeBy(128, (index) => BEGINNINGS[index % BEGINNINGS.length] ?? ""),
          (beginning) => Effect.tap(openSocket(url), (socket) => socket.send(beginning)),
          AT_ONCE
        )
        const [duration, { status }] = yield* Effect.timed(statusOf(rawDelivery(signedDelivery())))
        assert.strictEqual(status, 200)
        assert.isTrue(Duration.isLessThan(duration, Duration.seconds(1)), Duration.format(duration))
        const open = Effect.map(
          Effect.all(crowd.map(({ isClosed }) => isClosed)),
          (all) => all.filter((it) => !it).length
        )
        assert.strictEqual(yield* open, 128)
        yield* eventually("all half-open connections are closed", open, (count) => count === 0)
      })
    )

    it.effect("takes a signed request while more bodies are held back than there are places", () =>
      Effect.gen(function* () {
        const { url } = yield* Coordinator
        const withheld = deliveryHead(signedDelivery(), lengthOf(signedDelivery()))
        yield* Effect.forEach(
          Array.makeBy(600, () => withheld),
          (beginning) => Effect.tap(openSocket(url), (socket) => socket.send(beginning)),
          AT_ONCE
        )
        assert.strictEqual((yield* statusOf(rawDelivery(signedDelivery()))).status, 200)
      })
    )
  })

  layer(harness(), { excludeTestServices: true })((it) => {
    it.effect("ends bodies of one byte a second after five seconds, and counts them as failures", () =>
      Effect.gen(function* () {
        const { url } = yield* Coordinator
        const slow = Effect.gen(function* () {
          const socket = yield* openSocket(url)
          yield* socket.send(deliveryHead(signedDelivery(), [["content-length", "500"]], CLOSE))
          yield* socket.send("{").pipe(Effect.repeat(Schedule.spaced("1 second")), Effect.forkScoped)
          return yield* Effect.timed(socket.end)
        })
        const ended = yield* Effect.all(
          Array.makeBy(61, () => slow),
          AT_ONCE
        )
        const expected = { minimum: Duration.seconds(5), maximum: Duration.seconds(7) }
        ended.forEach(([duration]) => assert.isTrue(Duration.between(duration, expected), Duration.format(duration)))
        const statuses = ended.flatMap(([, heard]) => statusesIn(heard))
        assert.deepStrictEqual(statuses.toSorted(), [...Array.makeBy(60, () => 401), 429])
        assert.strictEqual((yield* statusOf(rawDelivery(signedDelivery()))).status, 200)
      })
    )

    it.effect("takes signed requests at once while 100 bodies of 1 MiB lack their last byte", () =>
      Effect.gen(function* () {
        const { url } = yield* Coordinator
        const head = deliveryHead(signedDelivery(), [["content-length", String(MEBIBYTE)]])
        const body = new Uint8Array(MEBIBYTE - 1)
        const crowd = yield* Effect.forEach(
          Array.makeBy(100, () => head),
          (beginning) =>
            Effect.tap(openSocket(url), (socket) => Effect.andThen(socket.send(beginning), socket.send(body))),
          AT_ONCE
        )
        const answers = Effect.map(Effect.all(crowd.map(({ heard }) => heard)), (all) => all.flatMap(statusesIn))
        yield* eventually("those beyond 64 MiB made way", answers, (all) => all.length >= 36)
        const signed = yield* Effect.forEach(
          Array.makeBy(20, () => signedDelivery()),
          (it) => statusOf(rawDelivery(it)),
          AT_ONCE
        )
        assert.deepStrictEqual([...new Set(signed.map(({ status }) => status))], [200])
        assert.deepStrictEqual([...new Set(yield* answers)], [503])
      })
    )
  })
})
