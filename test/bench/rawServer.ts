// What the intake is measured against: bare `node:http` and `node:sqlite`, one transaction for each delivery, the same work.
import { createHash, createHmac, timingSafeEqual } from "node:crypto"
import { createServer } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import { DatabaseSync } from "node:sqlite"

const [file = "", secret = ""] = process.argv.slice(2)
const db = new DatabaseSync(file)
db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
db.exec(`create table deliveries (seq integer primary key, delivery_id text not null, body_hash text not null, event text,
  action text, task_id text, body text, received_at integer, unique (delivery_id, body_hash))`)
const insert = db.prepare(`insert into deliveries (delivery_id, body_hash, event, action, task_id, body, received_at)
  values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing`)

const store = (request: IncomingMessage, body: Buffer): string | null => {
  const signature = Buffer.from(String(request.headers["x-gitea-signature"]), "hex")
  const digest = createHmac("sha256", secret).update(body).digest()
  if (signature.length !== digest.length || !timingSafeEqual(signature, digest)) return null
  const text = body.toString("utf8")
  const payload = JSON.parse(text)
  const task = `${payload.repository.id}/${payload.issue.number}`
  const hash = createHash("sha256").update(body).digest("hex")
  const id = String(request.headers["x-gitea-delivery"])
  db.exec("BEGIN IMMEDIATE")
  insert.run(id, hash, String(request.headers["x-gitea-event"]), payload.action, task, text, performance.now())
  db.exec("COMMIT")
  return JSON.stringify({ status: "accepted", delivery: id, event: "issues", action: payload.action, task })
}

const answer = (response: ServerResponse, receipt: string | null) => {
  response.writeHead(receipt === null ? 401 : 200, { "content-type": "application/json" })
  response.end(receipt)
}

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => answer(response, store(request, Buffer.concat(chunks))))
})
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.stdout.write(`Listening on http://127.0.0.1:${typeof address === "object" ? address?.port : ""}\n`)
})
