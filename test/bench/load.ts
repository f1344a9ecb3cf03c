// The load, in a process of its own: signs `count` deliveries of distinct issues, then sends them over `connections` connections.
// It speaks HTTP by hand: Node's client takes longer for a request than the servers do, and would be all that is measured.
import { randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { connect } from "node:net"
import { signedDelivery } from "../harness/Deliveries.ts"
import { rawDelivery } from "../harness/RawRequest.ts"

const [url = "", secret = "", connectionsText = "1", countText = "1"] = process.argv.slice(2)
const { hostname, port } = new URL(url)
const connections = Number(connectionsText)
const count = Number(countText)
const payload = JSON.parse(readFileSync(new URL("../fixtures/gitea/issues-assigned.json", import.meta.url), "utf8"))
const run = Number.parseInt(randomUUID().slice(0, 6), 16)

const requests = Array.from({ length: count }, (_, index) => {
  const number = index + 1
  const repository = { ...payload.repository, id: run }
  const body = JSON.stringify({ ...payload, number, issue: { ...payload.issue, number }, repository }, null, 2)
  return rawDelivery(signedDelivery(body, { secret }), [])
})

/** An answer has either a length or chunks. */
const isWhole = (answer: string): boolean => {
  const head = answer.indexOf("\r\n\r\n")
  if (head < 0) return false
  const length = /^content-length: (\d+)/im.exec(answer.slice(0, head))?.[1]
  return length === undefined ? answer.endsWith("\r\n0\r\n\r\n") : answer.length >= head + 4 + Number(length)
}

const latencies: Array<number> = []
let next = 0
let refused = 0

const percentile = (share: number) =>
  latencies.toSorted((a, b) => a - b)[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]

const began = performance.now()

const report = () => {
  const seconds = (performance.now() - began) / 1000
  const result = { perSecond: count / seconds, p50: percentile(0.5), p99: percentile(0.99), refused }
  process.stdout.write(JSON.stringify(result), () => process.exit())
}

/** Sends one request after the other, over a new connection when the last one was closed. */
const lane = () => {
  const socket = connect(Number(port), hostname).setNoDelay().setEncoding("latin1")
  let sent: number | null = null
  let answer = ""
  const send = () => {
    const request = requests[next++]
    if (request === undefined) socket.end()
    else {
      sent = performance.now()
      socket.write(request)
    }
  }
  const note = (isTaken: boolean) => {
    if (sent !== null) latencies.push(performance.now() - sent)
    if (!isTaken) refused++
    if (latencies.length === count) report()
    sent = null
  }
  socket.on("connect", send).on("data", (text: string) => {
    answer += text
    if (!isWhole(answer)) return
    note(answer.startsWith("HTTP/1.1 200"))
    if (/^connection: close/im.test(answer)) socket.end()
    else send()
    answer = ""
  })
  socket.on("error", (error) => {
    if (socket.bytesWritten === 0) throw error
  })
  socket.on("close", () => {
    if (sent !== null) note(false)
    if (next < count) lane()
  })
}

for (let index = 0; index < connections; index++) lane()
