import { Context, Effect } from "effect"
import type { Scope } from "effect"
import { lookup } from "node:dns"
import { chmodSync } from "node:fs"
import { connect, createServer } from "node:net"
import type { Socket } from "node:net"
import { IsolationFailed } from "../IsolationFailed.ts"
import { destinationOf, isListed, isPublic } from "./Destination.ts"

const PORT = 443
/** Bytes of a request before its end, connections at a time, and milliseconds without a byte. */
const LONGEST_HEAD = 8 * 1024
const MOST_CONNECTIONS = 64
const IDLE = 60_000
/** Hosts that were refused and are told of. */
const MOST_REFUSED = 20
const HEAD_END = "\r\n\r\n"
/** Whoever may reach its folder may connect: the agent of a tools container has another user. */
const EVERYBODY = 0o777
/** Bytes of a path of a unix socket, which the system cuts without a word. */
const LONGEST_PATH = 107

/** Asks for a connection to a listed host, and tells why there is none. The address that was looked at is the one that is dialled. */
export type Dial = (host: string, done: (result: Socket | string) => void) => void

const dialPublic: Dial = (host, done) =>
  lookup(host, { all: true }, (error, addresses) => {
    if (error !== null) return done("its name is not known")
    if (addresses.length === 0 || !addresses.every(({ address }) => isPublic(address))) {
      return done("its address is not on the internet")
    }
    done(connect({ host: addresses[0]?.address ?? "", port: PORT }))
  })

/** How the proxy reaches a host. Tests have no internet. */
export const Dialler = Context.Reference<Dial>("mosaic-coordinator/tool/proxy/SetupProxy/Dialler", {
  defaultValue: () => dialPublic
})

const refuse = (client: Socket, status: string, why: string) =>
  client.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: text/plain\r\n\r\n${why}\n`)

const tunnel = (client: Socket, server: Socket, rest: Buffer) => {
  const end = () => {
    client.destroy()
    server.destroy()
  }
  server.setTimeout(IDLE, end)
  server.once("connect", () => {
    client.write("HTTP/1.1 200 Connection established\r\n\r\n")
    if (rest.length > 0) server.write(rest)
    server.pipe(client)
    client.pipe(server)
  })
  server.on("error", end).on("close", end)
  client.on("close", end)
}

const serve = (client: Socket, hosts: ReadonlyArray<string>, dial: Dial, onRefused: (host: string) => void) => {
  let head = Buffer.alloc(0)
  client.setTimeout(IDLE, () => client.destroy())
  client.on("error", () => client.destroy())
  const onData = (chunk: Buffer) => {
    head = Buffer.concat([head, chunk])
    const end = head.indexOf(HEAD_END)
    if (end === -1) return void (head.length > LONGEST_HEAD && client.destroy())
    client.off("data", onData)
    client.pause()
    const host = destinationOf(head.toString("latin1"))
    if (host === null) return void refuse(client, "405 Method Not Allowed", "Only CONNECT to a name and port 443.")
    if (!isListed(host, hosts)) {
      onRefused(host)
      return void refuse(client, "403 Forbidden", `${host} is not a host that setup may reach.`)
    }
    dial(host, (result) => {
      if (client.destroyed) return void (typeof result !== "string" && result.destroy())
      if (typeof result === "string") {
        onRefused(`${host} (${result})`)
        return void refuse(client, "403 Forbidden", `${host} cannot be reached: ${result}.`)
      }
      tunnel(client, result, head.subarray(end + HEAD_END.length))
    })
  }
  client.on("data", onData)
}

/**
 * A proxy on a unix socket of its own, for the length of the scope: CONNECT to port 443 of the hosts and to nothing else. A name is
 * looked up once; private, loopback and link-local addresses are refused, so that a listed name cannot lead back to this machine.
 * Nothing is added to what passes through. The socket is made at the path, which has to lie in the shared volume where a tools
 * container is used. Gives the hosts that were refused so far, by name and why where they are listed, 20 at most.
 */
export const openSetupProxy = Effect.fn("SetupProxy.open")(function* (
  path: string,
  hosts: ReadonlyArray<string>
): Effect.fn.Return<{ readonly refused: Effect.Effect<ReadonlyArray<string>> }, IsolationFailed, Scope.Scope> {
  const dial = yield* Dialler
  const failed = (why: string) => new IsolationFailed({ why: `the proxy for setup cannot listen at ${path}: ${why}` })
  if (Buffer.byteLength(path) > LONGEST_PATH)
    return yield* failed("the path is too long: set AGENT_WORK_DIR to a shorter one")
  const clients = new Set<Socket>()
  const refused = new Set<string>()
  const onRefused = (host: string) => {
    if (refused.size < MOST_REFUSED) refused.add(host)
  }
  const server = createServer((client) => {
    clients.add(client)
    client.once("close", () => clients.delete(client))
    serve(client, hosts, dial, onRefused)
  })
  server.maxConnections = MOST_CONNECTIONS
  yield* Effect.acquireRelease(
    Effect.callback<void, IsolationFailed>((resume) => {
      server.once("error", ({ message }) => resume(Effect.fail(failed(message))))
      server.listen(path, () => {
        chmodSync(path, EVERYBODY)
        resume(Effect.void)
      })
    }),
    () =>
      Effect.sync(() => {
        server.close()
        clients.forEach((client) => client.destroy())
      })
  )
  return { refused: Effect.sync(() => [...refused]) }
})
