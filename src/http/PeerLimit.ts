import { Effect, Option } from "effect"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { peerNetwork } from "./PeerNetwork.ts"

/** The connections of one peer: how many, and those without a request that is being answered, the longest idle first. */
interface Peer {
  open: number
  readonly idle: Set<Socket>
}

/**
 * Leaves each peer at most `most` connections at a time: one more takes the place of that which has been idle for longest, or is
 * closed itself where none is. Whoever holds thousands open takes nobody else's place. Those that are closed count as dropped.
 */
export const limitPeers = Effect.fnUntraced(function* (server: Server, most: number) {
  const peers = new Map<string, Peer>()
  const peerOf = new WeakMap<Socket, Peer>()

  const drop = (socket: Socket) => {
    socket.destroy()
    server.emit("drop", { remoteAddress: socket.remoteAddress, remotePort: socket.remotePort })
  }

  const opened = (socket: Socket) => {
    const name = peerNetwork(Option.fromNullishOr(socket.remoteAddress))
    const peer = peers.get(name) ?? { open: 0, idle: new Set() }
    peers.set(name, peer)
    peerOf.set(socket, peer)
    peer.open += 1
    socket.once("close", () => {
      peer.open -= 1
      peer.idle.delete(socket)
      if (peer.open === 0) peers.delete(name)
    })
    if (peer.open > most) {
      const [oldest = socket] = peer.idle
      drop(oldest)
    }
    if (!socket.destroyed) peer.idle.add(socket)
  }

  const asked = ({ socket }: IncomingMessage, response: ServerResponse) => {
    const peer = peerOf.get(socket)
    peer?.idle.delete(socket)
    response.once("close", () => {
      if (!socket.destroyed) peer?.idle.add(socket)
    })
  }

  yield* Effect.acquireRelease(
    Effect.sync(() => server.on("connection", opened).prependListener("request", asked)),
    () => Effect.sync(() => server.off("connection", opened).off("request", asked))
  )
})
