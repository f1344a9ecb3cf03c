// The load, in a process of its own: signs `count` deliveries of distinct issues, then sends them over `connections` connections.
import { createHmac, randomUUID } from "node:crypto"
import { readFileSync } from "node:fs"
import { Agent, request } from "node:http"

const [url = "", secret = "", connectionsText = "1", countText = "1"] = process.argv.slice(2)
const connections = Number(connectionsText)
const count = Number(countText)
const payload = JSON.parse(readFileSync(new URL("../fixtures/gitea/issues-assigned.json", import.meta.url), "utf8"))
const run = Number.parseInt(randomUUID().slice(0, 6), 16)

const deliveries = Array.from({ length: count }, (_, index) => {
  const number = index + 1
  const repository = { ...payload.repository, id: run }
  const body = Buffer.from(
    JSON.stringify({ ...payload, number, issue: { ...payload.issue, number }, repository }, null, 2)
  )
  const signature = createHmac("sha256", secret).update(body).digest("hex")
  const headers = {
    "content-type": "application/json",
    "content-length": body.length,
    "x-gitea-event": "issues",
    "x-gitea-delivery": randomUUID(),
    "x-gitea-signature": signature
  }
  return { body, headers }
})

const agent = new Agent({ keepAlive: true, maxSockets: connections })
const latencies: Array<number> = []
let next = 0
let refused = 0

const percentile = (share: number) =>
  latencies.toSorted((a, b) => a - b)[Math.min(latencies.length - 1, Math.floor(latencies.length * share))]

const report = (began: number) => {
  const seconds = (performance.now() - began) / 1000
  const result = { perSecond: count / seconds, p50: percentile(0.5), p99: percentile(0.99), refused }
  process.stdout.write(JSON.stringify(result))
  agent.destroy()
}

const send = (began: number) => {
  const delivery = deliveries[next++]
  if (delivery === undefined) return
  const sent = performance.now()
  const call = request(url, { method: "POST", agent, headers: delivery.headers }, (response) => {
    response.resume()
    response.on("end", () => {
      latencies.push(performance.now() - sent)
      if (response.statusCode !== 200) refused++
      if (latencies.length === count) report(began)
      else send(began)
    })
  })
  call.end(delivery.body)
}

const began = performance.now()
for (let lane = 0; lane < connections; lane++) send(began)
