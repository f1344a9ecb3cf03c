import { assert, describe, it } from "@effect/vitest"
import { Array, Duration, Effect, Layer, Option, Schema } from "effect"
import { TestClock } from "effect/testing"
import { FailureLimit } from "../../src/webhook/FailureLimit.ts"
import { issueEvent, requestOf, signedDelivery } from "../harness/Deliveries.ts"
import { jumpingClock } from "../harness/JumpingClock.ts"
import { accepting, over, untouched, webhook } from "./support.ts"

const unsigned = () => requestOf(signedDelivery(issueEvent(), { headers: { "x-gitea-signature": "" } }))
const forged = () => requestOf(signedDelivery(issueEvent(), { secret: "not the secret" }))
const signed = () => requestOf(signedDelivery())

const waits = (peer: string, times: number) =>
  Effect.gen(function* () {
    const limit = yield* FailureLimit
    return yield* Effect.forEach(Array.range(1, times), () => limit.fail(Option.some(peer)))
  })

describe("FailureLimit", () => {
  it.effect("asks the 61st failure of a minute to wait, until so many are a minute old", () =>
    Effect.gen(function* () {
      assert.isTrue((yield* waits("192.0.2.7", 30)).every((wait) => wait === null))
      yield* TestClock.adjust("20500 millis")
      assert.deepStrictEqual((yield* waits("192.0.2.7", 31)).slice(-2), [null, 40])
      yield* TestClock.adjust("39499 millis")
      assert.deepStrictEqual(yield* waits("192.0.2.7", 1), [1])
      yield* TestClock.adjust("60 seconds")
      assert.deepStrictEqual(yield* waits("192.0.2.7", 1), [null])
    }).pipe(Effect.provide(FailureLimit.layer))
  )

  it.effect("is not misled by a clock that is set back or on", () => {
    const { jump, layer } = jumpingClock()
    return Effect.gen(function* () {
      yield* waits("192.0.2.7", 60)
      yield* jump(Duration.days(-365))
      assert.deepStrictEqual(yield* waits("192.0.2.7", 1), [60])
      yield* jump(Duration.days(730))
      assert.deepStrictEqual(yield* waits("192.0.2.7", 1), [60])
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* waits("192.0.2.7", 1), [null])
    }).pipe(Effect.provide(FailureLimit.layer.pipe(Layer.provideMerge(layer))))
  })

  it.effect("counts every address by itself, and a /64 network as one", () =>
    Effect.gen(function* () {
      yield* waits("2001:db8:1:2::1", 60)
      assert.deepStrictEqual(yield* waits("2001:db8:1:3::1", 1), [null])
      assert.deepStrictEqual(yield* waits("192.0.2.7", 1), [null])
      assert.deepStrictEqual(yield* waits("2001:db8:1:2:3::4", 1), [60])
      assert.deepStrictEqual(yield* waits("::ffff:192.0.2.7", 60), [...Array.makeBy(59, () => null), 60])
    }).pipe(Effect.provide(FailureLimit.layer))
  )
})

describe("Webhook with the limit on failures", () => {
  it.effect(
    "answers 429 with Retry-After to the 61st request without a valid signature, and 401 again after a minute",
    () =>
      Effect.gen(function* () {
        const post = yield* webhook
        const sixty = yield* Effect.forEach(Array.range(1, 30), () => Effect.all([post(unsigned()), post(forged())]))
        assert.isTrue(sixty.flat().every(({ status }) => status === 401))
        const refused = yield* Effect.forEach([unsigned(), forged()], post)
        assert.deepStrictEqual(
          refused.map(({ headers, status }) => [status, headers.get("retry-after"), headers.get("connection")]),
          [
            [429, "60", "close"],
            [429, "60", "keep-alive"]
          ]
        )
        assert.deepStrictEqual(yield* Effect.promise(() => refused[1]!.json()), {
          type: "about:blank",
          status: 429,
          title: "Too Many Requests",
          detail: "Too many requests without a valid signature came from this address",
          field: "X-Gitea-Signature"
        })
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* post(unsigned())).status, 401)
      }).pipe(Effect.provide(untouched))
  )

  it.effect("does not count what is refused for another reason", () =>
    Effect.gen(function* () {
      const post = yield* webhook
      const others = [
        () => requestOf(signedDelivery("{")),
        () => requestOf(signedDelivery("{}", { event: "" })),
        () => requestOf(signedDelivery("{}", { headers: { "content-type": "text/plain" } }))
      ]
      yield* Effect.forEach(Array.range(1, 61), () => Effect.forEach(others, (make) => post(make())))
      assert.strictEqual((yield* post(unsigned())).status, 401)
    }).pipe(Effect.provide(untouched))
  )

  const kinds = Schema.Array(Schema.Literals(["unsigned", "forged", "signed"])).check(Schema.isMaxLength(200))

  it.effect.prop(
    "never answers 429 to a signed request, nor counts it",
    [kinds],
    ([sent]) =>
      Effect.gen(function* () {
        const post = yield* webhook
        const make = { unsigned, forged, signed }
        const statuses = yield* Effect.forEach(sent, (kind) => Effect.map(post(make[kind]()), ({ status }) => status))
        const failed = statuses.filter((_, index) => sent[index] !== "signed")
        assert.isTrue(statuses.every((status, index) => (sent[index] === "signed") === (status === 200)))
        assert.deepStrictEqual(
          failed,
          failed.map((_, index) => (index < 60 ? 401 : 429))
        )
      }).pipe(Effect.provide(over(accepting))),
    { arbitrary: { runs: 15, size: 200 } }
  )
})
