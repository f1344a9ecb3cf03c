import { assert, describe, layer } from "@effect/vitest"
import { Effect } from "effect"
import { AnswerRecords } from "../../src/outbox/AnswerRecords.ts"
import { taskIdOfIssue } from "../harness/Flow.ts"
import { soon } from "../harness/Soon.ts"
import { atWork, gatedServer } from "./atWork.ts"

const LIMIT = 90_000
const ANSWER = "Use an index."

const scene = Effect.fnUntraced(function* (name: string, server: ReturnType<typeof gatedServer>) {
  const it = yield* atWork(name, server)
  const { progress, running, task } = it
  return {
    ...it,
    cause: Effect.map(task(running), (row) => row?.cause ?? ""),
    told: Effect.map(progress(running), (all) => all.map(({ body }) => body).join("\n")),
    text: Effect.flatMap(AnswerRecords, ({ newest }) => newest(taskIdOfIssue(running))).pipe(
      Effect.provide(AnswerRecords.layer)
    )
  }
})

describe("An answer that cannot be written", () => {
  const locked = gatedServer()
  layer(locked.layer)((it) => {
    it.effect(
      "for a lock that is lifted keeps its task from being completed, says so, and is written then",
      () =>
        Effect.gen(function* () {
          const { cause, gitea, report, running, told, transitions, until, worked } = yield* scene("acme/shop", locked)
          yield* gitea.withdraw("acme/shop")
          yield* gitea.lock(running)
          yield* locked.gate.open
          yield* until(running, "answered")
          yield* locked.pass("1 minute")
          assert.include(
            yield* cause,
            "the answer is ready and could not be written yet: Gitea: create comment failed (403)"
          )
          assert.include(yield* told, "The answer is ready, and not on the issue yet.")
          assert.notInclude(yield* told, "Done.")

          yield* gitea.unlock(running)
          yield* locked.pass("6 minutes")
          yield* worked(running)
          assert.lengthOf(yield* report(running), 1)
          assert.include(yield* told, "Done.")
          assert.deepStrictEqual(yield* transitions(running), ["ready", "running", "answered", "completed"])
        }),
      LIMIT
    )
  })

  const refused = gatedServer()
  layer(refused.layer)((it) => {
    it.effect(
      "for an hour parks its task, says what was given up, and stays readable",
      () =>
        Effect.gen(function* () {
          const { cause, gitea, running, task, text, told, until } = yield* scene("acme/web", refused)
          yield* gitea.withdraw("acme/web")
          yield* gitea.lock(running)
          yield* refused.gate.open
          yield* until(running, "answered")
          yield* refused.pass("70 minutes")
          assert.strictEqual((yield* task(running))?.state, "parked")
          assert.include(yield* cause, "the answer could not be written: Gitea: create comment failed (403)")
          assert.include(yield* told, `/api/tasks/${taskIdOfIssue(running)}`)
          const kept = yield* text
          assert.strictEqual(kept?.state, "dropped")
          assert.include(kept?.body, ANSWER)
        }),
      LIMIT
    )
  })

  const odd = gatedServer()
  layer(odd.layer)((it) => {
    it.effect(
      "for its text alone is given up while others are written, and never for an outage",
      () =>
        Effect.gen(function* () {
          const { cause, gitea, report, running, task, until, waiting } = yield* scene("acme/press", odd)
          yield* gitea.behave({ refusesText: /task \d+\/1 report/ })
          yield* odd.gate.open
          yield* until(running, "answered")
          yield* until(waiting, "completed")
          yield* odd.pass("80 minutes")
          assert.strictEqual((yield* task(running))?.state, "parked")
          assert.include(yield* cause, "the answer could not be written: Gitea: create comment failed (500)")
          assert.lengthOf(yield* report(waiting), 1)
        }),
      LIMIT
    )
  })
})

describe("A text that the database does not take", () => {
  const emoji = gatedServer("Done \u{1F389} for good. NUL: \0")
  layer(emoji.layer)((it) => {
    it.effect(
      "is written without what it cannot take",
      () =>
        Effect.gen(function* () {
          const { gitea, report, running, until } = yield* scene("acme/shop", emoji)
          yield* gitea.behave({ refusesText: /[\u{10000}-\u{10FFFF}]|\0/u })
          yield* emoji.gate.open
          yield* until(running, "answered")
          yield* emoji.pass("3 minutes")
          yield* until(running, "completed")
          const [answer] = yield* report(running)
          assert.include(answer?.body, "Done \uFFFD for good. NUL: \uFFFD")
        }),
      LIMIT
    )
  })

  const lost = gatedServer("Done \u{1F389} for good.")
  layer(lost.layer)((it) => {
    it.effect(
      "is written so as well when the answer to that was lost, and the comment is found again",
      () =>
        Effect.gen(function* () {
          const { gitea, report, running, until } = yield* scene("acme/web", lost)
          const posts = { match: /^POST .*\/comments$/ }
          yield* gitea.fail({ ...posts, kind: "status", status: 500, times: 2 })
          yield* gitea.fail({ ...posts, kind: "doneThenStatus", status: 500 })
          yield* gitea.behave({ refusesText: /[\u{10000}-\u{10FFFF}]/u })
          yield* lost.gate.open
          yield* until(running, "answered")
          yield* lost.pass("80 minutes")
          yield* until(running, "completed")
          const answers = yield* report(running)
          assert.lengthOf(answers, 1)
          assert.include(answers[0]?.body, "Done \uFFFD for good.")
        }),
      LIMIT
    )
  })
})

describe("A progress comment that was deleted", () => {
  const server = gatedServer()
  layer(server.layer)((it) => {
    it.effect(
      "is not fought for while the work goes on, and comes back with a new round",
      () =>
        Effect.gen(function* () {
          const { gitea, progress, running, said, store, until, waiting } = yield* scene("acme/shop", server)
          const remove = Effect.gen(function* () {
            for (const { id } of yield* progress(running)) yield* gitea.deleteComment(id)
          })
          yield* remove
          yield* store.alter(
            "outbox",
            { state: "pending", revision: 9, notBefore: 0 },
            { taskId: taskIdOfIssue(running) }
          )
          yield* server.pass("1 minute")
          assert.isEmpty(yield* progress(running))

          yield* server.gate.open
          yield* until(running, "completed")
          yield* until(waiting, "completed")
          yield* gitea.unassign(running, gitea.bot.login)
          yield* gitea.assign(running, gitea.bot.login, "ada")
          yield* soon(
            "a new round has a new one",
            Effect.andThen(said, progress(running)),
            ({ length }) => length === 1
          )
        }),
      LIMIT
    )
  })
})
