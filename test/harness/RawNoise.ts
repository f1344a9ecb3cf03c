import { Effect, Random } from "effect"
import { asForm, bodyOf, issueEvent, signedDelivery } from "./Deliveries.ts"
import { HEADERS, METHODS, TARGETS, VERSIONS } from "./RawOddities.ts"
import { CLOSE, deliveryHead, lengthOf, rawChunk, rawDelivery, rawHead } from "./RawRequest.ts"

const BYTE = 256

const pick = <A>(from: ReadonlyArray<A>): Effect.Effect<A> => Effect.orDie(Random.choice(from))
const below = (limit: number) => Random.nextIntBetween(0, limit, { halfOpen: true })
const randomBytes = Effect.fnUntraced(function* (limit: number) {
  return Uint8Array.from(yield* Effect.replicateEffect(below(BYTE), yield* below(limit)))
})
const request = Effect.map(pick([CLOSE, []]), (more) => rawDelivery(signedDelivery(issueEvent()), more))

const cutShort = Effect.gen(function* () {
  const bytes = yield* request
  return bytes.subarray(0, yield* below(bytes.length))
})

const change = Effect.fnUntraced(function* (bytes: Uint8Array<ArrayBuffer>) {
  const values = yield* Effect.replicateEffect(Effect.all([below(bytes.length), below(BYTE)]), 1 + (yield* below(5)))
  values.forEach(([place, value]) => (bytes[place] = value))
  return bytes
})

/** A good request with a few bytes changed. */
const damaged = Effect.flatMap(request, (bytes) => change(Uint8Array.from(bytes)))

/** A good request of a body with a few bytes changed before it was signed. */
const damagedBody = Effect.gen(function* () {
  const delivery = signedDelivery(yield* change(new TextEncoder().encode(bodyOf(issueEvent()))))
  return rawDelivery((yield* Random.nextBoolean) ? delivery : asForm(delivery))
})

const pipelined = Effect.gen(function* () {
  const count = yield* below(4)
  return Buffer.concat([...(yield* Effect.replicateEffect(request, count)), yield* randomBytes(500), yield* request])
})

const strangeHeaders = Effect.gen(function* () {
  const delivery = signedDelivery(issueEvent())
  const own = Object.entries(delivery.headers)
  const more = yield* Effect.replicateEffect(pick([...own, ...HEADERS]), 1 + (yield* below(2)))
  return Buffer.concat([Buffer.from(deliveryHead(delivery, more, lengthOf(delivery))), Buffer.from(delivery.body)])
})

const strangeLine = Effect.gen(function* () {
  const line = yield* Effect.all([pick(METHODS), pick(TARGETS), pick(VERSIONS)])
  const headers = yield* Effect.replicateEffect(pick([...HEADERS, ...CLOSE]), yield* below(3))
  return Buffer.concat([Buffer.from(rawHead(line.join(" "), headers)), yield* randomBytes(100)])
})

const strangeChunks = Effect.gen(function* () {
  const head = deliveryHead(signedDelivery(issueEvent()), [["transfer-encoding", "chunked"]])
  const chunk = Effect.flatMap(randomBytes(50), (bytes) =>
    pick([
      rawChunk(bytes),
      Buffer.from("-1\r\n"),
      Buffer.from("ffffffffffffffff\r\n"),
      Buffer.from("0\r\nx: y\r\n\r\n")
    ])
  )
  return Buffer.concat([Buffer.from(head), ...(yield* Effect.replicateEffect(chunk, 4))])
})

/** The bytes of something that is hardly ever a good request, as the seed of `Random` has it. */
export const rawNoise = Effect.flatten(
  pick<Effect.Effect<Uint8Array>>([
    randomBytes(2_000),
    cutShort,
    damaged,
    damagedBody,
    pipelined,
    strangeHeaders,
    strangeLine,
    strangeChunks
  ])
)
