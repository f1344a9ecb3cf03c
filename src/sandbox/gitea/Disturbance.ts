import { Effect, Random, Ref } from "effect"

/** How likely (0 to 1) a delivery is to be lost, to be sent twice under two ids, or to come after the next one. */
export interface Disturbance {
  readonly seed: number
  readonly drop: number
  readonly duplicate: number
  readonly reorder: number
}

/** Passes values on to `offer` as a disturbed line would. What is held back at the end comes with the next value. */
export const makeDisturbed = Effect.fnUntraced(function* <A>(offer: (value: A) => Effect.Effect<void>) {
  const disturbance = yield* Ref.make<Disturbance | null>(null)
  const sent = yield* Ref.make(0)
  const held = yield* Ref.make<ReadonlyArray<A>>([])

  const pass = Effect.fnUntraced(function* (copy: Effect.Effect<A>) {
    const now = yield* Ref.get(disturbance)
    if (now === null) return yield* offer(yield* copy)
    const turn = yield* Ref.updateAndGet(sent, (count) => count + 1)
    const [fate, order] = yield* Random.withSeed(Effect.all([Random.next, Random.next]), `${now.seed} ${turn}`)
    if (fate < now.drop) return
    const copies = yield* Effect.replicateEffect(copy, fate < now.drop + now.duplicate ? 2 : 1)
    const late = yield* Ref.getAndSet(held, order < now.reorder ? copies : [])
    yield* Effect.forEach([...(order < now.reorder ? [] : copies), ...late], offer, { discard: true })
  })

  return { pass, disturb: (next: Disturbance | null) => Ref.set(disturbance, next) }
})
