import { Effect } from "effect"
import type { Scope } from "effect"
import { connect } from "node:net"
import type { Socket } from "node:net"

/** A connection to a server, for bytes that no client would send. */
export interface RawSocket {
  send(bytes: string | Uint8Array): Effect.Effect<void>
  /** Says that no more bytes will come, and still listens. */
  readonly finish: Effect.Effect<void>
  /** All it said so far. */
  readonly heard: Effect.Effect<string>
  readonly isClosed: Effect.Effect<boolean>
  /** All it said, once the connection is closed. A reset counts as closed. */
  readonly end: Effect.Effect<string>
}

/** Opens a connection that is closed with the scope, from the given address of this machine. */
export const openSocket = (url: string, from?: string): Effect.Effect<RawSocket, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Socket>((resume) => {
      const { hostname, port } = new URL(url)
      const where = { port: Number(port), host: hostname, ...(from === undefined ? {} : { localAddress: from }) }
      const socket = connect(where, () => resume(Effect.succeed(socket)))
      socket.on("error", (error) => resume(Effect.die(error)))
    }),
    (socket) => Effect.sync(() => socket.destroy())
  ).pipe(
    Effect.map((socket) => {
      const chunks: Array<Buffer> = []
      let isClosed = false
      socket.on("data", (chunk) => chunks.push(chunk))
      socket.on("close", () => (isClosed = true))
      const heard = Effect.sync(() => Buffer.concat(chunks).toString("latin1"))
      return {
        send: (bytes) => Effect.sync(() => void socket.write(bytes)),
        finish: Effect.sync(() => void socket.end()),
        heard,
        isClosed: Effect.sync(() => isClosed),
        end: Effect.andThen(
          Effect.callback<void>((resume) => {
            if (isClosed) return resume(Effect.void)
            socket.on("close", () => resume(Effect.void))
          }),
          heard
        )
      }
    })
  )

/** Sends the bytes, and gives all that is said until the server closes the connection. */
export const converse = (url: string, ...bytes: ReadonlyArray<string | Uint8Array>): Effect.Effect<string> =>
  Effect.scoped(
    Effect.gen(function* () {
      const socket = yield* openSocket(url)
      yield* Effect.forEach(bytes, socket.send)
      return yield* socket.end
    })
  )

/** The statuses of all answers in what was heard. */
export const statusesIn = (heard: string): ReadonlyArray<number> =>
  Array.from(heard.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status]) => Number(status))
