import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { taskIdOf } from "../../src/domain/Task.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { alter, stored } from "../harness/StoreBuilder.ts"
import { hide } from "../harness/StoreTrouble.ts"
import { operator, PATHS, storeDelivery, storeTask, Surroundings, TOKEN } from "./support.ts"

const SESSION = {
  id: "session-57",
  task: "21/57",
  model: "claude-test",
  state: "open",
  used: 800,
  limit: 1000,
  ratio: 0.8,
  generation: 1,
  finishedTurns: 0,
  predecessor: null,
  createdAt: "2023-11-14T22:13:20.000Z",
  endedAt: null
}

const TASK = {
  id: "21/57",
  repository: "inkwell/letterpress",
  issue: 57,
  title: "Footnote",
  state: "running",
  cause: "claimed",
  waitsFor: [],
  attempts: 0,
  generation: 1,
  turns: 0,
  tokens: 0,
  createdAt: "2023-11-14T22:13:20.000Z",
  updatedAt: "2023-11-14T22:13:21.000Z"
}

const DELIVERY = {
  id: "delivery-1",
  event: "issues",
  action: "assigned",
  repository: "inkwell/letterpress",
  issue: 57,
  status: "done",
  reason: null,
  receivedAt: "2023-11-14T22:13:21.000Z"
}

const records = Effect.andThen(storeDelivery(1), storeTask(57))

describe("ApiRoutes", () => {
  it.effect("lists deliveries, tasks and sessions", () =>
    Effect.gen(function* () {
      yield* records
      const ask = yield* operator
      assert.deepStrictEqual((yield* ask("/api/deliveries")).json, { deliveries: [DELIVERY], nextCursor: null })
      assert.deepStrictEqual((yield* ask("/api/tasks")).json, { tasks: [TASK], nextCursor: null })
      assert.deepStrictEqual((yield* ask("/api/sessions")).json, { sessions: [SESSION], nextCursor: null })
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("shows one delivery, and the newest of those that came under one id", () =>
    Effect.gen(function* () {
      yield* records
      const ask = yield* operator
      const detail = { ...DELIVERY, task: "21/57", bodyHash: "hash-1", settledAt: null }
      assert.deepStrictEqual((yield* ask("/api/deliveries/delivery-1")).json, detail)
      yield* storeDelivery(2, "delivery-1")
      assert.strictEqual((yield* ask("/api/deliveries/delivery-1")).json.bodyHash, "hash-2")
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("finds a delivery whose id has characters of a path in it", () =>
    Effect.gen(function* () {
      yield* storeDelivery(1, "a/b?c%d")
      const ask = yield* operator
      assert.strictEqual((yield* ask(`/api/deliveries/${encodeURIComponent("a/b?c%d")}`)).json.id, "a/b?c%d")
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("shows a task with its transitions, sessions and gaps, newest first", () =>
    Effect.gen(function* () {
      yield* records
      yield* stored.gap({ cause: "receiver down", downFrom: 0, downTo: 1000, foundAt: 2000 })
      const ask = yield* operator
      const { json } = yield* ask("/api/tasks/21/57")
      const transitions = [
        { from: "ready", to: "running", cause: "claimed", at: "2023-11-14T22:13:20.001Z" },
        { from: null, to: "ready", cause: "assigned", at: "2023-11-14T22:13:20.000Z" }
      ]
      const gap = {
        cause: "receiver down",
        downFrom: "1970-01-01T00:00:00.000Z",
        downTo: "1970-01-01T00:00:01.000Z",
        happenedAt: null,
        foundAt: "1970-01-01T00:00:02.000Z",
        state: "ready"
      }
      assert.deepStrictEqual(json, { ...TASK, transitions, answer: null, sessions: [SESSION], gaps: [gap] })
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("shows what a running task waits for, and of one that was taken from its run nothing", () =>
    Effect.gen(function* () {
      yield* records
      const { waitsFor } = yield* Tasks
      const id = taskIdOf(21, 57)
      const other = { id: taskIdOf(21, 58), name: "inkwell/letterpress#58" }
      assert.isTrue(yield* waitsFor(id, [other]))
      const ask = yield* operator
      const shown = Effect.all([
        Effect.map(ask("/api/tasks"), ({ json }) => json.tasks[0].waitsFor),
        Effect.map(ask("/api/tasks/21/57"), ({ json }) => json.waitsFor)
      ])
      assert.deepStrictEqual(yield* shown, [[other.name], [other.name]])
      yield* alter("tasks", { state: "cancelled" })
      assert.deepStrictEqual(yield* shown, [[], []])
      yield* alter("tasks", { state: "running" })
      assert.isFalse(yield* waitsFor(id, []))
      assert.deepStrictEqual(yield* shown, [[], []])
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("shows the same task under its id with the slash escaped", () =>
    Effect.gen(function* () {
      yield* records
      const ask = yield* operator
      const [escaped, plain] = [yield* ask("/api/tasks/21%2F57"), yield* ask("/api/tasks/21/57")]
      assert.deepStrictEqual([escaped.status, escaped.json], [200, plain.json])
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("shows a session and its usage, where unknown is null and not zero", () =>
    Effect.gen(function* () {
      yield* records
      const ask = yield* operator
      assert.deepStrictEqual((yield* ask("/api/sessions/session-57")).json, SESSION)
      const at = "2023-11-14T22:13:20.000Z"
      const full = { at, used: 800, limit: 1000, ratio: 0.8, source: "reply", by: "tick", action: "compact" }
      const unknown = { ...full, used: null, ratio: null, source: null, action: "continue" }
      const usage = (yield* ask("/api/sessions/session-57/usage")).json
      assert.deepStrictEqual(usage, { samples: [full, unknown], nextCursor: null })
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("shows nothing of bodies, journals and prompts", () =>
    Effect.gen(function* () {
      yield* records
      const ask = yield* operator
      const answers = yield* Effect.forEach(PATHS, (path) => ask(path))
      assert.deepStrictEqual(
        answers.map(({ status }) => status),
        PATHS.map(() => 200)
      )
      const all = answers.map(({ text }) => text).join()
      ;["SIGNED BODY", "SYSTEM PROMPT", "TOOL TEXT", "JOURNAL TEXT"].forEach((kept) => assert.notInclude(all, kept))
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect.each([
    "/api/deliveries/none",
    "/api/tasks/21/58",
    "/api/tasks/x/y",
    "/api/tasks/21%2F58",
    "/api/tasks/21",
    "/api/deliveries/%ZZ",
    "/api/deliveries/%FF",
    "/api/deliveries/%?limit=%ZZ",
    "/api/%",
    "/api/sessions/none",
    "/api/sessions/none/usage",
    "/api/none",
    "/api"
  ])("answers %s with 404", (path) =>
    Effect.gen(function* () {
      const { json, status, type } = yield* (yield* operator)(path)
      assert.deepStrictEqual([status, json.status, type], [404, 404, "application/problem+json"])
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect.each([
    ["limit=0", "limit"],
    ["limit=501", "limit"],
    ["limit=-1", "limit"],
    ["limit=1.5", "limit"],
    ["limit=ten", "limit"],
    ["limit=1&limit=2", "limit"],
    ["cursor=x", "cursor"],
    ["cursor=", "cursor"],
    [`cursor=${btoa("sessions 3")}`, "cursor"],
    [`cursor=${btoa("deliveries -3")}`, "cursor"],
    ["limit=x&cursor=x", "limit"]
  ] as const)("names the field of ?%s", ([query, field]) =>
    Effect.gen(function* () {
      const { json, status, type } = yield* (yield* operator)(`/api/deliveries?${query}`)
      assert.deepStrictEqual([status, json.field, type], [422, field, "application/problem+json"])
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("allows reading only", () =>
    Effect.gen(function* () {
      const ask = yield* operator
      const answers = yield* Effect.forEach([...PATHS, "/api/openapi.json", "/api/docs"], (path) =>
        ask(path, { method: "POST", headers: { authorization: `Bearer ${TOKEN}` } })
      )
      answers.forEach(({ headers, status }) => assert.deepStrictEqual([status, headers.get("allow")], [405, "GET"]))
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("answers 503 while the store cannot be read", () =>
    Effect.gen(function* () {
      const ask = yield* operator
      yield* hide("tasks")
      const { json, status } = yield* ask("/api/tasks")
      assert.deepStrictEqual([status, json.title], [503, "Service Unavailable"])
    }).pipe(Effect.provide(Surroundings))
  )
})
