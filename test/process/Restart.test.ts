import { assert, describe, it } from "@effect/vitest"
import { Clock, Console, Effect, Schema } from "effect"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import type { Life } from "../harness/CoordinatorProcess.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"
import { heldTurn } from "./heldTurn.ts"

const LIMIT = 180_000
/** How long after a restart a session that was cut may be silent; a start tells how busy the machine is, and is allowed on top. */
const RESUMED_WITHIN = 2_000
const STOPPED_WITHIN = 10_000
/** Less than the grace that running turns have; a start is allowed on top here too. */
const IDLE_STOPPED_WITHIN = 2_000

const toJson = Schema.encodeUnknownSync(Schema.fromJsonString(Schema.Unknown))

const elapsed = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>) {
  const began = yield* Clock.currentTimeMillis
  const value = yield* effect
  return [value, (yield* Clock.currentTimeMillis) - began] as const
})

/** What a request says to the model. */
const paid = Effect.gen(function* () {
  const requests = yield* (yield* SandboxClaude).requests
  return requests.flatMap(({ body, operation }) =>
    operation === "messages" && body !== null
      ? [{ system: body.system, tools: body.tools, messages: body.messages }]
      : []
  )
})

const journal = Effect.gen(function* () {
  const { store } = yield* CoordinatorProcess
  return yield* store.read("journal", ["sessionId", "seq", "entry"])
})

const task = Effect.gen(function* () {
  const { store } = yield* CoordinatorProcess
  const [found] = yield* store.read("tasks", ["state", "attempts", "lease"])
  return found
})

/** A life in which the second turn of a session is held half way. */
const held = Effect.gen(function* () {
  const claude = yield* SandboxClaude
  const { issue, life, turn: first } = yield* heldTurn
  const second = yield* claude.hold("messages")
  yield* first.release
  yield* second.arrived
  return { life, issue, release: second.release, before: yield* journal }
})

const completed = eventuallyInProcess("it is completed", task, (it) => it?.state === "completed")

/** The second turn, cut so many times, was sent again as it was, and the journal goes on where it stood. */
const assertResumed = Effect.fnUntraced(function* (before: ReadonlyArray<object>, cuts: number) {
  const [, cut, ...later] = yield* paid
  assert.isDefined(cut)
  const again = later.slice(0, cuts)
  assert.deepStrictEqual(
    again.map((request) => toJson(request)),
    again.map(() => toJson(cut))
  )
  const after = yield* journal
  assert.deepStrictEqual(after.slice(0, before.length), before)
  assert.deepStrictEqual(
    after.map(({ seq }) => seq),
    after.map((_, index) => index)
  )
  const asked = after.filter(({ entry }) => entry.includes('"_tag":"Asked"'))
  const replied = after.filter(({ entry }) => entry.includes('"_tag":"Replied"'))
  assert.lengthOf(asked, replied.length)
  assert.lengthOf(replied, (yield* paid).length - cuts)
})

describe("Restart", () => {
  it.live(
    "goes on after kill -9 in the middle of a turn from its journal",
    () =>
      Effect.gen(function* () {
        const { start } = yield* CoordinatorProcess
        const { life, before } = yield* held
        yield* life.signal("SIGKILL")
        assert.isNull(yield* life.ended)
        assert.deepStrictEqual(yield* journal, before)

        const began = yield* Clock.currentTimeMillis
        const [, listening] = yield* elapsed(start)
        yield* eventuallyInProcess("the cut turn is sent again", paid, (all) => all.length === 3)
        const resent = (yield* Clock.currentTimeMillis) - began
        yield* Console.log(`restart: listening after ${listening} ms, the cut turn sent again after ${resent} ms`)
        assert.isBelow(resent - listening, RESUMED_WITHIN + listening)
        yield* completed
        yield* assertResumed(before, 1)
      }).pipe(Effect.provide(CoordinatorProcess.layer)),
    LIMIT
  )

  it.live(
    "aborts a running turn on SIGTERM, leaves nothing of it, and sends it again at the next start",
    () =>
      Effect.gen(function* () {
        const { start } = yield* CoordinatorProcess
        const claude = yield* SandboxClaude
        const { life, before } = yield* held
        const stopped = Effect.fnUntraced(function* (one: Life) {
          const [code, time] = yield* elapsed(Effect.andThen(one.signal("SIGTERM"), one.ended))
          yield* Console.log(`SIGTERM in a turn: ended after ${time} ms`)
          assert.strictEqual(code, 0)
          assert.isBelow(time, STOPPED_WITHIN)
          assert.deepStrictEqual(yield* journal, before)
          assert.deepInclude(yield* task, { state: "running", attempts: 0, lease: null })
        })
        yield* stopped(life)
        // Only a claim without any entry of its own tells whether a stop counts as an attempt.
        const again = yield* claude.hold("messages")
        const second = yield* start
        yield* again.arrived
        yield* stopped(second)
        assert.lengthOf(yield* paid, 3)

        yield* start
        yield* completed
        yield* assertResumed(before, 2)
      }).pipe(Effect.provide(CoordinatorProcess.layer)),
    LIMIT
  )

  it.live(
    "stops at once on SIGTERM and on SIGINT when it has nothing to do",
    () =>
      Effect.gen(function* () {
        const { start } = yield* CoordinatorProcess
        for (const name of ["SIGTERM", "SIGINT"] as const) {
          const [life, starting] = yield* elapsed(start)
          const [code, time] = yield* elapsed(Effect.andThen(life.signal(name), life.ended))
          yield* Console.log(`${name} when idle: ended after ${time} ms`)
          assert.strictEqual(code, 0)
          assert.isBelow(time, IDLE_STOPPED_WITHIN + starting)
          assert.deepStrictEqual(yield* life.stderr, [])
        }
      }).pipe(Effect.provide(CoordinatorProcess.layer)),
    LIMIT
  )
})
