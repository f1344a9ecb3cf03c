import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Schema, Scope } from "effect"
import { TestClock } from "effect/testing"
import { Observation } from "../../src/domain/Mandate.ts"
import { HealthRoutes, OPEN_METHODS } from "../../src/operator/OpenRoutes.ts"
import { Readiness } from "../../src/operator/Readiness.ts"
import { VERSION } from "../../src/telemetry/Version.ts"
import { Outbox } from "../../src/outbox/Outbox.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { Fallback } from "../../src/http/Fallback.ts"
import { mocks } from "../harness/Mocks.ts"
import { stored } from "../harness/StoreBuilder.ts"
import { hide, restore } from "../harness/StoreTrouble.ts"
import { webServer } from "../harness/WebServer.ts"
import { observe, taskOf } from "../task/support.ts"
import { COMBINATIONS, surroundings } from "./scenes.ts"

const decodeAnswer = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))

/** Asks the routes, all in one server. */
const server = Effect.gen(function* () {
  const context = yield* Effect.context<Readiness>()
  const ask = yield* webServer(
    Layer.mergeAll(HealthRoutes, Fallback(OPEN_METHODS)).pipe(Layer.provideMerge(Layer.succeedContext(context)))
  )
  return Effect.fnUntraced(function* (path: string, method = "GET") {
    const { headers, status, text, type } = yield* ask(path, { method })
    const body = text === "" ? null : yield* decodeAnswer(text)
    return { status, type, allow: headers.get("allow"), body }
  })
})

describe("OpenRoutes", () => {
  it.effect("tell that the process lives", () =>
    Effect.gen(function* () {
      const ask = yield* server
      const alive = { status: 200, type: "application/json", allow: null }
      assert.deepStrictEqual(yield* ask("/health"), { ...alive, body: { status: "healthy", version: VERSION } })
      assert.deepStrictEqual(yield* ask("/health", "HEAD"), { ...alive, body: null })
    }).pipe(Effect.provide(surroundings()))
  )

  it.effect.each(COMBINATIONS)("are ready, and say why not all is well: $name", ({ components, scene }) =>
    Effect.gen(function* () {
      const ask = yield* server
      const { body, status } = yield* ask("/health/ready")
      assert.strictEqual(status, 200)
      assert.deepStrictEqual(body, { status: "ready", version: VERSION, components })
      assert.deepInclude(yield* ask("/health/ready", "HEAD"), { status: 200, body: null })
    }).pipe(Effect.provide(surroundings(scene)))
  )

  it.effect("tell of gaps in the deliveries for a day, with what to do about them", () =>
    Effect.gen(function* () {
      const ask = yield* server
      yield* stored.gap({ cause: "hook inactive" })
      yield* stored.gap({ taskId: "21/58", cause: null })
      const why = "deliveries were missed in the last day: hook inactive (activate the hook in Gitea)"
      assert.deepNestedInclude((yield* ask("/health/ready")).body, { "components.intake": { status: "degraded", why } })
      yield* TestClock.adjust("25 hours")
      assert.deepNestedInclude((yield* ask("/health/ready")).body, { "components.intake": { status: "ok" } })
    }).pipe(Effect.provide(surroundings()))
  )

  it.effect("tell that issues cannot be read as long as their tasks are not over, and of gaps beside that", () =>
    Effect.gen(function* () {
      const ask = yield* server
      const tasks = yield* Tasks
      yield* observe(57)
      yield* tasks.unreadable(taskOf(57), "no sight")
      const unreadable = "issues of tasks cannot be read: see the log, and the bot's access"
      const intake = Effect.map(ask("/health/ready"), ({ body }) => body)
      assert.deepNestedInclude(yield* intake, { "components.intake": { status: "degraded", why: unreadable } })
      yield* stored.gap({ cause: "hook inactive" })
      yield* TestClock.adjust("1 second")
      const missed = "deliveries were missed in the last day: hook inactive (activate the hook in Gitea)"
      assert.deepNestedInclude(yield* intake, {
        "components.intake": { status: "degraded", why: `${unreadable}; ${missed}` }
      })
      yield* tasks.observed(taskOf(57), null, Observation.Gone())
      yield* TestClock.adjust("1 second")
      assert.deepNestedInclude(yield* intake, { "components.intake": { status: "degraded", why: missed } })
    }).pipe(Effect.provide(Tasks.layer.pipe(Layer.provideMerge(Outbox.layer), Layer.provideMerge(surroundings()))))
  )

  it.effect("tell of comments that have waited for over five minutes, until they are on their issues", () =>
    Effect.gen(function* () {
      const ask = yield* server
      const outbox = yield* Outbox
      yield* Effect.forEach([57, 58], (number) =>
        Effect.andThen(observe(number), stored.outbox({ key: `comment ${number}`, taskId: taskOf(number) }))
      )
      const rows = yield* outbox.pending
      yield* Effect.forEach(rows, (row) => outbox.postpone(row, 0))
      yield* TestClock.adjust("4 minutes")
      assert.deepNestedInclude((yield* ask("/health/ready")).body, { "components.outbox": { status: "ok" } })
      yield* TestClock.adjust("3 minutes")
      const why = "comments wait on 2 issues, the oldest for 7 minutes"
      assert.deepNestedInclude((yield* ask("/health/ready")).body, { "components.outbox": { status: "degraded", why } })
      yield* Effect.forEach(rows, (row) => outbox.sent(row, 1, 0))
      yield* TestClock.adjust("1 second")
      assert.deepNestedInclude((yield* ask("/health/ready")).body, { "components.outbox": { status: "ok" } })
    }).pipe(Effect.provide(Tasks.layer.pipe(Layer.provideMerge(Outbox.layer), Layer.provideMerge(surroundings()))))
  )

  it.effect("are not ready while the store cannot commit, and are again when it can", () =>
    Effect.gen(function* () {
      const ask = yield* server
      assert.strictEqual((yield* ask("/health/ready")).status, 200)
      yield* hide("holder")
      yield* TestClock.adjust("1 second")
      const { body, status } = yield* ask("/health/ready")
      assert.strictEqual(status, 503)
      assert.deepInclude(body, { status: "unavailable" })
      assert.deepNestedInclude(body, {
        "components.store": { status: "degraded", why: "the store cannot commit: look at the disk" }
      })
      assert.strictEqual((yield* ask("/health/ready", "HEAD")).status, 503)
      assert.strictEqual((yield* ask("/health")).status, 200)
      yield* restore("holder")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* ask("/health/ready")).status, 200)
    }).pipe(Effect.provide(surroundings()))
  )

  it.effect("are not ready for a minute after a delivery could not be stored, though a small commit goes well", () =>
    Effect.gen(function* () {
      const ask = yield* server
      yield* TestClock.adjust("59 seconds")
      const { body, status } = yield* ask("/health/ready")
      assert.strictEqual(status, 503)
      assert.deepNestedInclude(body, {
        "components.store": { status: "degraded", why: "deliveries cannot be stored: look at the disk" }
      })
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* ask("/health/ready")).status, 200)
    }).pipe(Effect.provide(surroundings({}, mocks.Inbox({ refusing: Effect.succeed(0) }))))
  )

  it.effect("are not ready from the moment the service begins to stop", () =>
    Effect.gen(function* () {
      const ask = yield* server
      const life = yield* Scope.make()
      yield* Layer.buildWithScope(Readiness.stopping, life)
      assert.strictEqual((yield* ask("/health/ready")).status, 200)
      yield* Scope.close(life, Exit.void)
      const { body, status } = yield* ask("/health/ready")
      assert.strictEqual(status, 503)
      assert.deepNestedInclude(body, {
        "components.store": { status: "degraded", why: "the coordinator is stopping" }
      })
      assert.strictEqual((yield* ask("/health")).status, 200)
    }).pipe(Effect.provide(surroundings()))
  )

  it.effect("commit at most once a second, however often they are asked", () =>
    Effect.gen(function* () {
      const ask = yield* server
      yield* ask("/health/ready")
      yield* hide("holder")
      assert.strictEqual((yield* ask("/health/ready")).status, 200)
    }).pipe(Effect.provide(surroundings()))
  )

  it.effect("answer other methods with 405 and other paths with 404, as problems", () =>
    Effect.gen(function* () {
      const ask = yield* server
      const type = "application/problem+json"
      assert.deepInclude(yield* ask("/health", "POST"), { status: 405, type, allow: "GET, HEAD" })
      assert.deepInclude(yield* ask("/health/ready", "DELETE"), { status: 405, type, allow: "GET, HEAD" })
      const { body, ...missing } = yield* ask("/healthy")
      assert.deepStrictEqual(missing, { status: 404, type, allow: null })
      assert.deepInclude(body, { status: 404 })
    }).pipe(Effect.provide(surroundings()))
  )
})
