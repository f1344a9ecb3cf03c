import { Array, Context, Effect, Layer, Option, Ref } from "effect"

/** What an API call suffers. */
export type GiteaFault =
  /** Answered so, without effect; the body is Gitea's empty 500 body unless given. */
  | {
      readonly kind: "status"
      readonly status: number
      readonly body?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** The socket is destroyed before anything happens. */
  | { readonly kind: "reset" }
  /** Never answered, until the client goes. */
  | { readonly kind: "hang" }
  /** Takes effect, and is answered so all the same. */
  | { readonly kind: "doneThenStatus"; readonly status: number }
  /** Takes effect, and is never answered. */
  | { readonly kind: "doneThenHang" }
  /** Takes effect, and the connection is cut after half of the bytes that the answer's head announced. */
  | { readonly kind: "doneThenCut" }
  /** Takes effect, and the answer begins, up to half of its bytes. The next is slower than any time limit: it never comes. */
  | { readonly kind: "doneThenDribble" }

export type PlannedFault = GiteaFault & {
  /** Tried against the method and the path without its query: "GET /api/v1/user". */
  readonly match: RegExp
  /** How many calls it strikes, 1 unless given. */
  readonly times?: number
}

/** The faults still to come. */
export class Faults extends Context.Service<
  Faults,
  {
    plan(fault: PlannedFault): Effect.Effect<void>
    /** None is to come any more. */
    readonly clear: Effect.Effect<void>
    /** Takes the oldest planned fault that strikes this call. */
    strike(call: string): Effect.Effect<Option.Option<GiteaFault>>
  }
>()("mosaic-coordinator/sandbox/gitea/Faults") {
  static readonly layer = Layer.effect(
    Faults,
    Effect.gen(function* () {
      const planned = yield* Ref.make<ReadonlyArray<PlannedFault>>([])
      return {
        plan: (fault) => Ref.update(planned, Array.append(fault)),
        clear: Ref.set(planned, []),
        strike: (call) => Ref.modify(planned, (faults) => take(faults, call))
      }
    })
  )
}

const take = (
  faults: ReadonlyArray<PlannedFault>,
  call: string
): readonly [Option.Option<GiteaFault>, ReadonlyArray<PlannedFault>] =>
  Option.match(
    Array.findFirst(faults, ({ match }) => match.test(call)),
    {
      onNone: () => [Option.none(), faults],
      onSome: (struck) => {
        const left = (struck.times ?? 1) - 1
        return [
          Option.some(struck),
          faults.flatMap((fault) => (fault !== struck ? [fault] : left > 0 ? [{ ...fault, times: left }] : []))
        ]
      }
    }
  )
