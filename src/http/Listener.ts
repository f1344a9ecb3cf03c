import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { createServer } from "node:http"
import { Settings } from "../Settings.ts"
import { Arrivals, watchArrivals } from "./Arrivals.ts"
import { watchDrops } from "./DroppedConnections.ts"
import { limitPeers } from "./PeerLimit.ts"

/**
 * For `createServer`, times in milliseconds. A sender whose request does not come is cut off, so that connections held half open are
 * given back; Node looks for them once a second. The route itself gives a body 5 seconds and says so; this is for every other path.
 */
const REQUEST_LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  // To a client that offers an upgrade Node gives no body otherwise: it takes all that follows for the other protocol.
  shouldUpgradeCallback: () => false
}

/** For the server. Leaves descriptors for the store and for calls to Gitea and Claude; what is beyond it is closed at once. */
const CONNECTION_LIMITS = { maxConnections: 4_096 }

/** Of one peer: a quarter of all, and more than any proxy keeps open to one server. */
const CONNECTIONS_OF_A_PEER = 1_024

/** For `listen`. In a longer queue than this the kernel drops connections, and their senders try again only after seconds. */
const LISTEN_LIMITS = { backlog: 4_096 }

/** How long requests that are being answered may go on once the service stops. */
const GRACE = "2 seconds"

/** Every address of this machine, over IPv6 and IPv4. Node takes 0.0.0.0 instead where there is no IPv6, unless a host is named. */
const EVERYWHERE = "::"

/** The HTTP server on the address of the settings, and what tells of its connections. */
export const Listener = Layer.unwrap(
  Effect.gen(function* () {
    const { host, port } = yield* Settings
    const server = Object.assign(createServer(REQUEST_LIMITS), CONNECTION_LIMITS)
    yield* watchDrops(server)
    yield* limitPeers(server, CONNECTIONS_OF_A_PEER)
    const arrivals = Layer.succeed(Arrivals, yield* watchArrivals(server))
    const http = NodeHttpServer.layer(() => server, {
      ...(host === EVERYWHERE ? {} : { host }),
      port,
      gracefulShutdownTimeout: GRACE,
      ...LISTEN_LIMITS
    })
    return Layer.mergeAll(http, arrivals)
  })
)
