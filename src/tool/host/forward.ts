// @effect-diagnostics *:off
import { spawn } from "node:child_process"
import { connect, createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { constants } from "node:os"

/**
 * Runs a command that may use the proxy behind a unix socket: `forward.js <socket> <program> <argument>...`. Inside an isolation
 * there is no network but its own loopback, where this listens and hands every byte on. Ends as the command ends.
 */
const [socket = "", program = "true", ...args] = process.argv.slice(2)

const server = createServer((client) => {
  const proxy = connect(socket)
  const end = () => {
    client.destroy()
    proxy.destroy()
  }
  client.pipe(proxy).pipe(client)
  client.on("error", end)
  proxy.on("error", end)
})

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const env = { ...process.env, HTTPS_PROXY: url, https_proxy: url, NODE_USE_ENV_PROXY: "1" }
  spawn(program, args, { env, stdio: "inherit" })
    .on("error", () => process.exit(127))
    .on("exit", (code, signal) => process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]))
})
