import { Effect, Layer, Redacted, Schema } from "effect"
import type { Mac } from "effect/crypto"
import { HttpRouter, HttpServer } from "effect/http"
import { SqlClient } from "effect/sql"
import { MalformedEscapes } from "../../src/http/MalformedEscapes.ts"
import { OperatorRoutes } from "../../src/operator/OperatorRoutes.ts"
import type { Settings } from "../../src/Settings.ts"
import { settings } from "../harness/TestSettings.ts"
import { TestStore } from "../harness/TestStore.ts"

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

export const Surroundings = Layer.mergeAll(TestStore, settings({ operatorToken: Redacted.make(TOKEN) }))

/** The operator API, as the server has it. */
const Routes = Layer.mergeAll(OperatorRoutes, MalformedEscapes).pipe(Layer.provide(HttpServer.layerServices))

const decodeJson = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Any))

/** Asks as an operator, unless other headers are given. JSON answers are decoded. */
export const operator = Effect.gen(function* () {
  const context = yield* Effect.context<SqlClient.SqlClient | Settings | Mac.Mac>()
  const { dispose, handler } = HttpRouter.toWebHandler(Routes.pipe(Layer.provideMerge(Layer.succeedContext(context))), {
    disableLogger: true
  })
  yield* Effect.addFinalizer(() => Effect.promise(dispose))
  const headers = { authorization: `Bearer ${TOKEN}` }
  return Effect.fnUntraced(function* (path: string, init: RequestInit = { headers }) {
    const response = yield* Effect.promise(() => handler(new Request(`http://coordinator.test${path}`, init)))
    const text = yield* Effect.promise(() => response.text())
    const type = response.headers.get("content-type") ?? ""
    const json = /json/.test(type) ? decodeJson(text) : null
    return { status: response.status, headers: response.headers, type, text, json }
  })
})

const AT = 1_700_000_000_000

/** One delivery of issue 57 in the store, received `number` seconds after the first. */
export const storeDelivery = Effect.fnUntraced(function* (number: number, id = `delivery-${number}`) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`insert into deliveries (delivery_id, body_hash, event, action, task_id, full_name, status, body, received_at)
    values (${id}, ${`hash-${number}`}, 'issues', 'assigned', '21/57', 'inkwell/letterpress', 'done', 'SIGNED BODY',
      ${AT + number * 1000})`
})

/** A task that was worked in one session, of issue `number`. */
export const storeTask = Effect.fnUntraced(function* (number: number) {
  const sql = yield* SqlClient.SqlClient
  const id = `21/${number}`
  const session = `session-${number}`
  yield* sql`insert into tasks (id, repository_id, number, full_name, title, state, priority, cause, ready_at, created_at, updated_at)
    values (${id}, 21, ${number}, 'inkwell/letterpress', 'Footnote', 'running', 2, 'claimed', ${AT}, ${AT}, ${AT + 1000})`
  yield* sql`insert into transitions (task_id, "from", "to", cause, at) values (${id}, null, 'ready', 'assigned', ${AT})`
  yield* sql`insert into transitions (task_id, "from", "to", cause, at) values (${id}, 'ready', 'running', 'claimed', ${AT + 1})`
  yield* sql`insert into sessions (id, task_id, generation, model, "limit", can_compact, state, system, tools, created_at)
    values (${session}, ${id}, 1, 'claude-test', 1000, 1, 'open', 'SYSTEM PROMPT', 'TOOL TEXT', ${AT})`
  yield* sql`insert into journal (session_id, seq, at, entry) values (${session}, 0, ${AT}, 'JOURNAL TEXT')`
  yield* storeSample(session, null)
  yield* storeSample(session, 800)
})

export const storeSample = Effect.fnUntraced(function* (session: string, used: number | null) {
  const sql = yield* SqlClient.SqlClient
  yield* sql`insert into samples (session_id, at, used, "limit", source, "by", action)
    values (${session}, ${AT}, ${used}, 1000, ${used === null ? null : "reply"}, 'tick', ${used === null ? "continue" : "compact"})`
})
