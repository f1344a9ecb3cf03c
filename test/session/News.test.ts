import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect } from "effect"
import { ModelUnavailable } from "../../src/anthropic/ModelError.ts"
import type { ModelRequest } from "../../src/anthropic/ModelRequest.ts"
import type { Comment } from "../../src/domain/Comment.ts"
import { versionsOf } from "../../src/domain/Reading.ts"
import { noAnswer } from "../../src/gitea/GiteaError.ts"
import { json } from "../../src/session/Replays.ts"
import { SessionRunner } from "../../src/session/SessionRunner.ts"
import { BOT, FROM, issue, PERSON } from "../harness/Deliveries.ts"
import { reply, toolUse } from "../harness/Models.ts"
import { alter } from "../harness/StoreBuilder.ts"
import { claimed, claude, finish, journals, workbench, workOn } from "../harness/Workbench.ts"

const comment = (id: number, body: string): Comment => ({ id, user: PERSON, body, updatedAt: "2026-03-18T08:00:00Z" })
const FIRST = comment(1, "It is the gutter.")
const SECOND = comment(2, "Only on even pages.")

const noted = reply([toolUse("progress", { done: "read", next: "answer" })])
const down = new ModelUnavailable({ operation: "turn", requestId: null, kind: "connection" })

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
      yield* run({ claim, issue: issue(), sight, workplace: null, stopping: Effect.succeed(true) })
      const [[asked] = []] = yield* journals
      if (asked?._tag !== "Asked") return assert.fail("nothing was asked")
      const { hash, text, _tag } = asked
      yield* alter("journal", { entry: yield* json({ _tag, text, hash }) }, { seq: 0 })
      yield* workOn(claim, sight)
      const requests = model.paid().map(({ request }) => request)
      assert.deepStrictEqual(yield* times(requests, "even pages"), [0, 0, 1, 1])
    }).pipe(Effect.provide(workbench({ claude: model, thread: read })))
  })
})
