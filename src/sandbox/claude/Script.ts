import { Deferred, Duration, Effect, Option, Ref } from "effect"
import type { ClaudeFault, Operation } from "./Fault.ts"
import type { MessagesRequest } from "./MessagesRequest.ts"
import { readerAgent } from "./ReaderAgent.ts"
import type { Reply } from "./Reply.ts"

/** Holds a call half way: it says that it arrived, then waits until it is released. */
export interface Hold {
  readonly arrived: Deferred.Deferred<void>
  readonly released: Deferred.Deferred<void>
}

/** How messages are answered: a pure function of the request. */
export type Policy = (request: MessagesRequest) => Reply

/** What the next calls meet, as tests and the demo set it. */
export interface Script {
  readonly policy: Ref.Ref<Policy>
  /** Whether replies are as odd as the real API's can be. */
  readonly odd: Ref.Ref<boolean>
  /** Between two deltas of a stream. */
  readonly pace: Ref.Ref<Duration.Duration>
  fail(operation: Operation, fault: ClaudeFault, times: number): Effect.Effect<void>
  hold(operation: Operation): Effect.Effect<Hold>
  /** Takes what is set for the next call of an operation. */
  next(operation: Operation): Effect.Effect<{
    readonly fault: Option.Option<ClaudeFault>
    readonly hold: Option.Option<Hold>
  }>
}

interface Queued<A> {
  readonly operation: Operation
  readonly value: A
}

const take = <A>(queue: Ref.Ref<ReadonlyArray<Queued<A>>>, operation: Operation): Effect.Effect<Option.Option<A>> =>
  Ref.modify(queue, (all) => {
    const first = all.find((queued) => queued.operation === operation)
    return [Option.map(Option.fromNullishOr(first), ({ value }) => value), all.filter((queued) => queued !== first)]
  })

/** A script that answers with `readerAgent`, at full pace and without faults. */
export const makeScript: Effect.Effect<Script> = Effect.gen(function* () {
  const policy = yield* Ref.make<Policy>(readerAgent)
  const odd = yield* Ref.make(false)
  const pace = yield* Ref.make(Duration.zero)
  const faults = yield* Ref.make<ReadonlyArray<Queued<ClaudeFault>>>([])
  const holds = yield* Ref.make<ReadonlyArray<Queued<Hold>>>([])

  return {
    policy,
    odd,
    pace,
    fail: (operation, fault, times) =>
      Ref.update(faults, (all) => [...all, ...Array.from({ length: times }, () => ({ operation, value: fault }))]),
    hold: Effect.fnUntraced(function* (operation) {
      const value = { arrived: yield* Deferred.make<void>(), released: yield* Deferred.make<void>() }
      yield* Ref.update(holds, (all) => [...all, { operation, value }])
      return value
    }),
    next: (operation) => Effect.all({ fault: take(faults, operation), hold: take(holds, operation) })
  }
})

/** Waits at the hold, if there is one. */
export const pause = Option.match({
  onNone: () => Effect.void,
  onSome: ({ arrived, released }: Hold) =>
    Effect.andThen(Deferred.succeed(arrived, undefined), Deferred.await(released))
})
