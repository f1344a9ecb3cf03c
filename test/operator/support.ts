import { Effect, Layer, Redacted, Schema } from "effect"
import type { Mac } from "effect/crypto"
import { HttpServer } from "effect/http"
import type { SqlClient } from "effect/sql"
import { MalformedEscapes } from "../../src/http/MalformedEscapes.ts"
import { OperatorRoutes } from "../../src/operator/OperatorRoutes.ts"
import { OperatorToken } from "../../src/operator/OperatorToken.ts"
import { Outbox } from "../../src/outbox/Outbox.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import type { Settings } from "../../src/Settings.ts"
import { stored } from "../harness/StoreBuilder.ts"
import { settings } from "../harness/TestSettings.ts"
import { TestStore } from "../harness/TestStore.ts"
import { webServer } from "../harness/WebServer.ts"

export const TOKEN = "an-operator-token"

/** Every path of records, as `storeDelivery(1)` and `storeTask(57)` make them. */
export const PATHS = [
  "/api/deliveries",
  "/api/deliveries/delivery-1",
  "/api/tasks",
  "/api/tasks/21/57",
  "/api/tasks/21%2F57",
  "/api/sessions",
  "/api/sessions/session-57",
  "/api/sessions/session-57/usage"
]

export const Surroundings = Layer.mergeAll(
  Tasks.layer.pipe(Layer.provide(Outbox.layer), Layer.provideMerge(TestStore)),
  settings({ operatorToken: Redacted.make(TOKEN) }),
  Layer.succeed(OperatorToken, Redacted.make(TOKEN))
)

/** The operator API, as the server has it. */
const Routes = Layer.mergeAll(OperatorRoutes, MalformedEscapes).pipe(Layer.provide(HttpServer.layerServices))

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Any))

/** Asks as an operator, unless other headers are given. JSON answers are decoded. */
export const operator = Effect.gen(function* () {
  const context = yield* Effect.context<SqlClient.SqlClient | Tasks | Settings | OperatorToken | Mac.Mac>()
  const server = yield* webServer(Routes.pipe(Layer.provideMerge(Layer.succeedContext(context))))
  const headers = { authorization: `Bearer ${TOKEN}` }
  return Effect.fnUntraced(function* (path: string, init: RequestInit = { headers }) {
    const answer = yield* server(path, init)
    const type = answer.type ?? ""
    return { ...answer, type, json: /json/.test(type) ? decodeJson(answer.text) : null }
  })
})

const AT = 1_700_000_000_000

/** One delivery of issue 57 in the store, received `number` seconds after the first. */
export const storeDelivery = (number: number, deliveryId = `delivery-${number}`) =>
  stored.delivery({ deliveryId, bodyHash: `hash-${number}`, body: "SIGNED BODY", receivedAt: AT + number * 1000 })

/** A task that was worked in one session, of issue `number`. */
export const storeTask = Effect.fnUntraced(function* (number: number) {
  const [taskId, sessionId] = [`21/${number}`, `session-${number}`]
  const times = { readyAt: AT, createdAt: AT, updatedAt: AT + 1000 }
  yield* stored.task({ number, title: "Footnote", state: "running", cause: "claimed", ...times })
  yield* stored.transition({ taskId, cause: "assigned", at: AT })
  yield* stored.transition({ taskId, from: "ready", to: "running", cause: "claimed", at: AT + 1 })
  const texts = { system: "SYSTEM PROMPT", tools: "TOOL TEXT" }
  yield* stored.session({ id: sessionId, taskId, model: "claude-test", limit: 1000, createdAt: AT, ...texts })
  yield* stored.entry({ sessionId, at: AT, entry: "JOURNAL TEXT" })
  yield* storeSample(sessionId, null)
  yield* storeSample(sessionId, 800)
})

export const storeSample = (sessionId: string, used: number | null) =>
  stored.sample({
    sessionId,
    at: AT,
    used,
    limit: 1000,
    source: used === null ? null : "reply",
    action: used === null ? "continue" : "compact"
  })
