import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { Observation } from "../../src/domain/Mandate.ts"
import type { ModelRequest } from "../../src/anthropic/ModelRequest.ts"
import type { JournalEntry } from "../../src/domain/JournalEntry.ts"
import { parked } from "../../src/domain/Outcome.ts"
import type { Reply } from "../../src/domain/Reply.ts"
import type { Session } from "../../src/domain/Session.ts"
import { Journal } from "../../src/session/Journal.ts"
import { compaction, reply, toolUse, usage } from "../harness/Models.ts"
import { alter } from "../harness/StoreBuilder.ts"
import { column } from "../harness/StoreReader.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { claimed, claimedAgain, claude, entriesOf, finish, SUBJECT, workbench, workOn } from "../harness/Workbench.ts"

const isCompacted = ({ messages }: ModelRequest) =>
  messages.some(({ content }) => content.some(({ type }) => type === "compaction"))

const FULL = 170_000
const read = (id: string) => toolUse("read_comments", { page: 1 }, id)

/** Two turns with tools, a third that fills the context, a compaction, a text without `finish`, and the answer. */
const answerTo = (request: ModelRequest): Reply => {
  const turn = request.messages.filter(({ role }) => role === "assistant").length
  if (isCompacted(request))
    return turn === 1
      ? reply("Almost.")
      : { ...finish("Move it."), content: [toolUse("finish", { answer: "Move it.", status: "done" }, `f${turn}`)] }
  if (turn === 0) return reply([read("a")])
  if (turn === 1) return reply([toolUse("progress", { done: "read", next: "weigh" }, "b"), read("c")])
  return reply([read(`d${turn}`)], { usage: usage(FULL, 0) })
}

/** The model, and a toolbox that tells which calls were run. */
const world = () => {
  const ran: Array<string> = []
  const model = claude({
    turn: (request) => Effect.succeed(answerTo(request)),
    compact: () => Effect.succeed(compaction("read everything")),
    count: (request) => Effect.succeed(request.messages.length < 6 || isCompacted(request) ? 1_000 : FULL)
  })
  const run = (_: unknown, { id }: { readonly id: string }) =>
    Effect.sync(() => ({ text: `result ${ran.push(id)}`, isError: false }))
  return { ran, model, layer: workbench({ claude: model, toolbox: { run } }) }
}

const isTag = (tag: JournalEntry["_tag"]) => (entry: JournalEntry) => entry._tag === tag
const count = (entries: ReadonlyArray<JournalEntry>, tag: JournalEntry["_tag"]) => entries.filter(isTag(tag)).length

interface Ended {
  readonly outcome: unknown
  readonly session: Session
  readonly entries: ReadonlyArray<JournalEntry>
}

/** Works the issue where a former process left it: a session with these entries, or nothing at all. */
const workFrom = Effect.fnUntraced(function* (
  before: { session: Session; entries: ReadonlyArray<JournalEntry> } | null
) {
  const journal = yield* Journal
  const claim = yield* claimed
  if (before !== null) {
    yield* journal.open(claim, { ...before.session, state: "open" })
    yield* Effect.forEach(before.entries, (entry, seq) => journal.append(claim, before.session.id, seq, entry))
  }
  const outcome = yield* workOn(claim)
  const [session, ...others] = yield* journal.sessions(claim.task)
  if (session === undefined || others.length > 0) return assert.fail("one session was to do all the work")
  const ended: Ended = { outcome, session, entries: yield* entriesOf(session.id) }
  return ended
})

const whole = Effect.suspend(() => Effect.provide(workFrom(null), world().layer))

describe("A session that is taken up again", () => {
  it.effect("gives the same answer from every point of its journal, pays for nothing twice, runs no tool twice", () =>
    Effect.gen(function* () {
      const full = yield* whole
      assert.deepInclude(full.outcome, { to: "completed", answer: "Move it." })
      assert.isAbove(full.entries.length, 20)
      for (let length = 0; length <= full.entries.length; length++) {
        const before = full.entries.slice(0, length)
        const { ran, model, layer } = world()
        const { outcome, entries } = yield* Effect.provide(workFrom({ session: full.session, entries: before }), layer)
        const where = `cut after ${length} entries (${before.at(-1)?._tag})`
        const calls = (operation: string) => model.calls.filter((call) => call.operation === operation).length

        assert.deepStrictEqual(outcome, full.outcome, where)
        assert.deepStrictEqual(entries.slice(0, length), before, where)
        assert.strictEqual(calls("turn"), count(entries, "Replied") - count(before, "Replied"), where)
        assert.strictEqual(calls("compact"), count(entries, "Compacted") - count(before, "Compacted"), where)

        const started = before.flatMap((entry) => (entry._tag === "ToolStarted" ? [entry.id] : []))
        assert.deepStrictEqual(
          ran.filter((id) => started.includes(id)),
          [],
          where
        )
        assert.strictEqual(new Set(ran).size, ran.length, where)
        const interrupted = before.at(-1)?._tag === "ToolStarted" ? 1 : 0
        const errors = entries.filter((entry) => entry._tag === "ToolEnded" && entry.isError).length
        assert.strictEqual(errors, interrupted, where)
      }
    })
  )

  it.effect("sends byte for byte what it would have sent", () =>
    Effect.gen(function* () {
      const first = world()
      const full = yield* Effect.provide(workFrom(null), first.layer)
      const second = world()
      const asked = full.entries.findIndex(isTag("Asked"))
      const before = full.entries.slice(
        0,
        full.entries.findIndex((entry, index) => index > asked && entry._tag === "Asked") + 1
      )
      yield* Effect.provide(workFrom({ session: full.session, entries: before }), second.layer)
      assert.deepStrictEqual(second.model.paid()[0], first.model.paid()[1])
    })
  )

  it.effect("parks and sends nothing when its journal does not give the request that was journalled", () =>
    Effect.gen(function* () {
      const full = yield* whole
      const { model, layer } = world()
      const outcome = yield* Effect.gen(function* () {
        const claim = yield* claimed
        const journal = yield* Journal
        yield* journal.open(claim, { ...full.session, state: "open" })
        yield* Effect.forEach(full.entries.slice(0, 5), (entry, seq) =>
          journal.append(claim, full.session.id, seq, entry)
        )
        const [result, ...more] = (yield* column("journal", "entry")).filter((entry) => entry.includes("result 1"))
        assert.deepStrictEqual(more, [])
        assert.isDefined(result)
        yield* alter("journal", { entry: result.replaceAll("result 1", "result 2") }, { entry: result })
        return yield* workOn(claim)
      }).pipe(Effect.provide(layer))
      assert.deepStrictEqual(outcome, parked("its journal no longer gives the request that was journalled"))
      assert.deepStrictEqual(model.paid(), [])
    })
  )

  it.effect(
    "gives the answer again, and pays for nothing, when the process ended between the answer and its commit",
    () =>
      Effect.gen(function* () {
        const { model, layer } = world()
        yield* Effect.gen(function* () {
          const claim = yield* claimed
          const first = yield* workOn(claim)
          const paid = model.paid().length
          yield* (yield* Tasks).release(claim, Duration.zero, "pause")
          const second = yield* workOn(yield* claimedAgain)
          assert.deepStrictEqual(second, first)
          assert.lengthOf(model.paid(), paid)
          assert.lengthOf(yield* column("sessions", "id"), 1)
        }).pipe(Effect.provide(layer))
      })
  )

  it.effect("is taken up by the newest open session only", () =>
    Effect.gen(function* () {
      const full = yield* whole
      const { model, layer } = world()
      yield* Effect.gen(function* () {
        const claim = yield* claimed
        const journal = yield* Journal
        yield* journal.open(claim, { ...full.session, state: "open" })
        yield* Effect.forEach(full.entries.slice(0, 4), (entry, seq) =>
          journal.append(claim, full.session.id, seq, entry)
        )
        yield* (yield* Tasks).move(claim, "parked", "it used its 50 turns", journal.end(claim.task.id))
        const tasks = yield* Tasks
        const again = Observation.Assigned({ mandate: { source: "timeline", id: 1_000 } })
        yield* tasks.observed(claim.task.id, SUBJECT, again)
        const next = yield* claimedAgain
        assert.deepInclude(yield* workOn(next), { answer: "Move it." })
        assert.deepStrictEqual(
          (yield* journal.sessions(claim.task)).map(({ predecessor }) => predecessor),
          [null, full.session.id]
        )
      }).pipe(Effect.provide(layer))
      assert.strictEqual(model.paid()[0]?.request.messages.length, 1)
    })
  )
})
