import { Clock, Context, Effect, Layer } from "effect"
import type { Option } from "effect"
import type { FailureWindow } from "./FailureWindow.ts"
import { FAILURE_WINDOW, noteFailure, waitAfter } from "./FailureWindow.ts"
import { peerNetwork } from "./PeerNetwork.ts"

const SECOND = 1000

/**
 * Counts failed verifications by the address of the socket peer. That may be a proxy which everybody comes through, so it is asked
 * only once a verification has failed: a signed request is neither counted nor held up.
 */
export class FailureLimit extends Context.Service<
  FailureLimit,
  {
    /** Notes one failure, and why, for the log. Gives the whole seconds its sender has to wait once there were over 60 in the last minute, else null. */
    fail(peer: Option.Option<string>, why: string): Effect.Effect<number | null>
  }
>()("mosaic-coordinator/webhook/FailureLimit") {
  static readonly layer = Layer.sync(FailureLimit, () => {
    const windows = new Map<string, FailureWindow>()
    let told = -Infinity

    /** At most once in a window, whoever fails: anybody can cause it, and so can a wrong secret. */
    const tell = Effect.fnUntraced(function* (network: string, why: string, now: number) {
      if (told <= now && now - told < FAILURE_WINDOW) return
      told = now
      yield* Effect.logWarning("Requests failed verification").pipe(Effect.annotateLogs({ peer: network, why }))
    })

    return {
      fail: Effect.fnUntraced(function* (peer, why) {
        const now = yield* Clock.currentTimeMillis
        const network = peerNetwork(peer)
        yield* tell(network, why, now)
        const wait = waitAfter(noteFailure(windows, network, now), now)
        return wait === null ? null : Math.ceil(wait / SECOND)
      })
    }
  })
}
