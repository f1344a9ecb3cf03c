import { Context, Effect, Layer } from "effect"
import type { Option } from "effect"
import type { FailureWindow } from "./FailureWindow.ts"
import { noteFailure, waitAfter } from "./FailureWindow.ts"
import { peerNetwork } from "../http/PeerNetwork.ts"
import { steadyMillis } from "../storage/SteadyClock.ts"

const SECOND = 1000

/**
 * Counts failed verifications by the address of the socket peer. That may be a proxy which everybody comes through, so it is asked
 * only once a verification has failed: a signed request is neither counted nor held up.
 */
export class FailureLimit extends Context.Service<
  FailureLimit,
  {
    /** Notes one failure. Gives the whole seconds its sender has to wait once there were over 60 in the last minute, else null. */
    fail(peer: Option.Option<string>): Effect.Effect<number | null>
  }
>()("mosaic-coordinator/webhook/FailureLimit") {
  static readonly layer = Layer.sync(FailureLimit, () => {
    const windows = new Map<string, FailureWindow>()

    return {
      fail: Effect.fnUntraced(function* (peer) {
        const now = yield* steadyMillis
        const wait = waitAfter(noteFailure(windows, peerNetwork(peer), now), now)
        return wait === null ? null : Math.ceil(wait / SECOND)
      })
    }
  })
}
