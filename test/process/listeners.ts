import { Effect } from "effect"
import { createSocket } from "node:dgram"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"

/** Doors of this machine that an agent must not find: each hands out what is served, or counts who came. */
export const listeners = Effect.fnUntraced(function* (folder: string, served: string) {
  let datagrams = 0
  const listen = (where: object) =>
    Effect.acquireRelease(
      Effect.callback<ReturnType<typeof createServer>>((resume) => {
        const server = createServer((client) => void client.on("error", () => {}).end(served))
        server.listen(where, () => resume(Effect.succeed(server)))
      }),
      (server) => Effect.sync(() => server.close())
    )
  const tcp = yield* listen({ port: 0, host: "::", ipv6Only: false })
  const socket = `${folder}/served.sock`
  yield* listen({ path: socket })
  const abstract = `mosaic-${process.pid}`
  yield* listen({ path: `\0${abstract}` })
  const udp = yield* Effect.acquireRelease(
    Effect.callback<ReturnType<typeof createSocket>>((resume) => {
      const bound = createSocket("udp4").on("message", () => void datagrams++)
      bound.bind(0, "127.0.0.1", () => resume(Effect.succeed(bound)))
    }),
    (bound) => Effect.sync(() => bound.close())
  )
  const portOf = (address: AddressInfo | string | null) => (address as AddressInfo).port
  return {
    tcp: portOf(tcp.address()),
    udp: udp.address().port,
    socket,
    abstract,
    datagrams: Effect.sync(() => datagrams)
  }
})
