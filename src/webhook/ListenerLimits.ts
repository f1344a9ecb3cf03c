/**
 * For `createServer`, times in milliseconds. A sender whose request does not come is cut off, so that connections held half open are
 * given back; Node looks for them once a second. The route itself gives a body 5 seconds and says so; this is for every other path.
 */
export const REQUEST_LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 1_000,
  // To a client that offers an upgrade Node gives no body otherwise: it takes all that follows for the other protocol.
  shouldUpgradeCallback: () => false
}

/** For the server. Leaves descriptors for the store and for calls to Gitea and Claude; what is beyond it is closed at once. */
export const CONNECTION_LIMITS = { maxConnections: 4_096 }

/** For `listen`. In a longer queue than this the kernel drops connections, and their senders try again only after seconds. */
export const LISTEN_LIMITS = { backlog: 4_096 }
