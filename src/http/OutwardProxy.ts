import { Effect, Layer, Schema } from "effect"
import { setGlobalProxyFromEnv } from "node:http"

/** A variable that names a proxy cannot be used. */
export class InvalidProxy extends Schema.TaggedError<InvalidProxy>()("InvalidProxy", {}) {
  override get message() {
    return "HTTPS_PROXY or HTTP_PROXY is not the URL of a proxy: set it to one such as http://proxy.example.com:3128, or unset it"
  }
}

/**
 * From here on every call to Gitea, to Claude and to a collector goes through the proxy that `HTTPS_PROXY` or `HTTP_PROXY` names,
 * but for the hosts of `NO_PROXY`. All of them use `fetch`, and Node's own heeds these variables only when it is told to.
 */
export const OutwardProxy = Layer.effectDiscard(
  Effect.acquireRelease(Effect.try({ try: () => setGlobalProxyFromEnv(), catch: () => new InvalidProxy() }), (undo) =>
    Effect.sync(undo)
  )
)
