import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Ref } from "effect"
import { TestClock } from "effect/testing"
import { ModelUnavailable } from "../../src/anthropic/ModelError.ts"
import type { ModelRequest } from "../../src/anthropic/ModelRequest.ts"
import type { Comment } from "../../src/domain/Comment.ts"
import { NOT_TAKEN } from "../../src/domain/News.ts"
import { MAX_TURNS } from "../../src/domain/TaskLimits.ts"
import { versionsOf } from "../../src/domain/Reading.ts"
import { noAnswer } from "../../src/gitea/GiteaError.ts"
import { json } from "../../src/session/Replays.ts"
import { SessionRunner } from "../../src/session/SessionRunner.ts"
import { BOT, FROM, issue, PERSON } from "../harness/Deliveries.ts"
import { reply, toolUse } from "../harness/Models.ts"
import { alter } from "../harness/StoreBuilder.ts"
import { claimed, claude, finish, journals, told, workbench, workOn } from "../harness/Workbench.ts"

const comment = (id: number, body: string): Comment => ({ id, user: PERSON, body, updatedAt: "2026-03-18T08:00:00Z" })
const FIRST = comment(1, "It is the gutter.")
const SECOND = comment(2, "Only on even pages.")

const noted = reply([toolUse("progress", { done: "read", next: "answer" })])
const down = new ModelUnavailable({ operation: "turn", requestId: null, kind: "connection" })

const STRANGER = { id: 66, login: "eve" }

/** An issue of which looks show these comments, and whose comments are read as these; how often they were. */
const thread = () => {
  const seen = { comments: [FIRST] as ReadonlyArray<Comment>, reads: 0, isDown: false }
  return {
    seen,
    sight: Effect.map(Clock.currentTimeMillis, (at) => ({
      issue: issue(),
      versions: versionsOf({ title: issue().title, hash: HASH }, seen.comments, BOT.id),
      at
    })),
    thread: () =>
      Effect.suspend(() => {
        seen.reads += 1
        return seen.isDown
          ? Effect.fail(noAnswer("read comments", "no route"))
          : Effect.succeed({ comments: seen.comments, from: FROM })
      })
  }
}

/** SHA-256 of the issue's text. */
const HASH = "af782937d6353bcddc36b2896d6341bc9fad3c8075172a125c4dc3a23444c956"

const times = (requests: ReadonlyArray<ModelRequest>, words: string) =>
  Effect.forEach(requests, ({ messages }) => Effect.map(json(messages), (text) => text.split(words).length - 1))

describe("News", () => {
  it.effect("are read only when a look shows other versions, and told once", () => {
    const { seen, sight, thread: read } = thread()
    const model = claude({
      turn: (_, index) =>
        Effect.sync(() => {
          if (index === 1) seen.comments = [FIRST, SECOND]
          return index < 4 ? noted : finish("Move it.")
        })
    })
    return Effect.gen(function* () {
      yield* workOn(yield* claimed, sight)
      const requests = model.paid().map(({ request }) => request)
      assert.deepStrictEqual(yield* times(requests, "even pages"), [0, 0, 1, 1, 1])
      assert.strictEqual(seen.reads, 2)
    }).pipe(Effect.provide(workbench({ claude: model, thread: read })))
  })

  it.effect("are journalled before they are sent, and not told again by whoever takes the session up", () => {
    const { seen, sight, thread: read } = thread()
    const model = claude({
      turn: (_, index) => {
        if (index === 0) seen.comments = [FIRST, SECOND]
        return index === 1 ? Effect.fail(down) : Effect.succeed(index < 4 ? noted : finish("Move it."))
      }
    })
    return Effect.gen(function* () {
      const claim = yield* claimed
      assert.strictEqual((yield* Effect.flip(workOn(claim, sight)))._tag, "ModelUnavailable")
      yield* workOn(claim, sight)
      const requests = model.paid().map(({ request }) => request)
      assert.deepStrictEqual(yield* times(requests, "even pages"), [0, 1, 1, 1, 1])
      assert.deepStrictEqual(requests[1], requests[2])
      assert.strictEqual(seen.reads, 2)
    }).pipe(Effect.provide(workbench({ claude: model, thread: read })))
  })

  it.effect("wait for the next turn while Gitea does not answer", () => {
    const { seen, sight, thread: read } = thread()
    const model = claude({
      turn: (_, index) =>
        Effect.sync(() => {
          if (index === 0) Object.assign(seen, { comments: [FIRST, SECOND], isDown: true })
          if (index === 1) seen.isDown = false
          return index < 3 ? noted : finish("Move it.")
        })
    })
    return Effect.gen(function* () {
      yield* workOn(yield* claimed, sight)
      const requests = model.paid().map(({ request }) => request)
      assert.deepStrictEqual(yield* times(requests, "even pages"), [0, 0, 1, 1])
    }).pipe(Effect.provide(workbench({ claude: model, thread: read })))
  })

  it.effect("of a session that an earlier release began are what comes from now on", () => {
    const { seen, sight, thread: read } = thread()
    const model = claude({
      turn: (_, index) =>
        Effect.sync(() => {
          if (index === 1) seen.comments = [FIRST, SECOND]
          return index < 3 ? noted : finish("Move it.")
        })
    })
    return Effect.gen(function* () {
      const claim = yield* claimed
      const { run } = yield* SessionRunner
      yield* run({ claim, issue: issue(), sight, look: Effect.void, workplace: null, stopping: Effect.succeed(true) })
      const [[asked] = []] = yield* journals
      if (asked?._tag !== "Asked") return assert.fail("nothing was asked")
      const { hash, text, _tag } = asked
      yield* alter("journal", { entry: yield* json({ _tag, text, hash }) }, { seq: 0 })
      yield* workOn(claim, sight)
      const requests = model.paid().map(({ request }) => request)
      assert.deepStrictEqual(yield* times(requests, "even pages"), [0, 0, 1, 1])
    }).pipe(Effect.provide(workbench({ claude: model, thread: read })))
  })

  it.effect("hold an answer, journalled before they are sent, whoever takes the session up", () => {
    const { seen, sight, thread: read } = thread()
    const model = claude({
      turn: (_, index) => {
        if (index === 0) seen.comments = [FIRST, SECOND]
        return index === 1 ? Effect.fail(down) : Effect.succeed(finish(index === 0 ? "Move it." : "Widen it."))
      }
    })
    return Effect.gen(function* () {
      const claim = yield* claimed
      assert.strictEqual((yield* Effect.flip(workOn(claim, sight)))._tag, "ModelUnavailable")
      assert.deepInclude(yield* workOn(claim, sight), { to: "completed", answer: "Widen it." })
      const requests = model.paid().map(({ request }) => request)
      assert.deepStrictEqual(yield* times(requests, "even pages"), [0, 1, 1])
      assert.deepStrictEqual(yield* times(requests, NOT_TAKEN.slice(0, 40)), [0, 1, 1])
      assert.deepStrictEqual(requests[1], requests[2])
      assert.deepStrictEqual(yield* told, [
        ["Asked", "Replied", "ToolStarted", "ToolEnded", "Asked", "Replied", "ToolStarted", "ToolEnded"]
      ])
    }).pipe(Effect.provide(workbench({ claude: model, thread: read })))
  })

  it.effect("hold an answer that was given without the tool", () => {
    const { seen, sight, thread: read } = thread()
    const model = claude({
      turn: (_, index) =>
        Effect.sync(() => {
          if (index === 1) seen.comments = [FIRST, SECOND]
          return reply(index < 2 ? "Move it." : "Widen it.")
        })
    })
    return Effect.gen(function* () {
      assert.deepInclude(yield* workOn(yield* claimed, sight), { to: "completed", answer: "Widen it." })
      const requests = model.paid().map(({ request }) => request)
      assert.deepStrictEqual(yield* times(requests, "even pages"), [0, 0, 1])
    }).pipe(Effect.provide(workbench({ claude: model, thread: read })))
  })

  it.effect.each([
    { by: "somebody who may write", user: PERSON, requests: 3 },
    { by: "a stranger", user: STRANGER, requests: 2 }
  ])("hold the answers of a session $requests - 1 times at most, by $by", ({ requests, user }) => {
    const { seen, sight, thread: read } = thread()
    const model = claude({
      turn: (_, index) =>
        Effect.sync(() => {
          seen.comments = [...seen.comments, { ...comment(index + 2, `And ${index}.`), user }]
          return finish(`Answer ${index}.`)
        })
    })
    return Effect.gen(function* () {
      assert.deepInclude(yield* workOn(yield* claimed, sight), {
        to: "completed",
        answer: `Answer ${requests - 1}.`
      })
      assert.lengthOf(model.paid(), requests)
    }).pipe(Effect.provide(workbench({ claude: model, thread: read })))
  })

  it.effect(
    "hold no answer where the task has too little left to answer again, nor where Gitea does not tell them",
    () => {
      const { seen, sight, thread: read } = thread()
      const model = claude({
        turn: () =>
          Effect.sync(() => {
            seen.comments = [...seen.comments, comment(seen.comments.length + 1, "And this.")]
            return finish("Move it.")
          })
      })
      return Effect.gen(function* () {
        const claim = yield* claimed
        yield* alter("tasks", { turns: MAX_TURNS - 11 })
        assert.deepInclude(yield* workOn(claim, sight), { to: "completed", answer: "Move it." })
        assert.lengthOf(model.paid(), 1)
        yield* alter("tasks", { turns: 0 })
        seen.isDown = true
        assert.deepInclude(yield* workOn(claim, sight), { to: "completed", answer: "Move it." })
        assert.lengthOf(model.paid(), 1)
      }).pipe(Effect.provide(workbench({ claude: model, thread: read })))
    }
  )

  it.effect("hold an answer by what a look shows that is taken then; while none can be taken the answer goes", () => {
    const { seen, sight, thread: read } = thread()
    const before = sight.pipe(Effect.cached)
    const model = claude({ turn: (_, index) => Effect.succeed(finish(`Answer ${index}.`)) })
    return Effect.gen(function* () {
      const claim = yield* claimed
      const old = yield* before
      const isLooked = yield* Ref.make(false)
      const assignment = {
        claim,
        issue: issue(),
        sight: Effect.flatMap(Ref.get(isLooked), (looked) => (looked ? sight : old)),
        workplace: null,
        stopping: Effect.succeed(false)
      }
      const { run } = yield* SessionRunner
      yield* old
      const look = Effect.suspend(() => {
        seen.comments = [FIRST, SECOND]
        return Ref.set(isLooked, true)
      })
      assert.deepInclude(yield* run({ ...assignment, look }), { answer: "Answer 1." })
      const away = yield* Effect.forkChild(run({ ...assignment, look: Effect.never }))
      yield* TestClock.adjust("10 seconds")
      assert.deepInclude(yield* Fiber.join(away), { answer: "Answer 1." })
      assert.deepInclude(yield* run({ ...assignment, look: Effect.fail(noAnswer("read issue", "no route")) }), {
        answer: "Answer 1."
      })
      assert.lengthOf(model.paid(), 2)
    }).pipe(Effect.provide(workbench({ claude: model, thread: read })))
  })
})
