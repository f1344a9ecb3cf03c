import { assert, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { taskIdOf } from "../../src/domain/Task.ts"
import { Readiness } from "../../src/operator/Readiness.ts"
import type { ClaudeFault } from "../../src/sandbox/claude/Fault.ts"
import { comments, ISSUE } from "../../src/sandbox/demo/Thread.ts"
import { EvenRandom } from "../harness/EvenRandom.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { soon } from "../harness/Soon.ts"

const REPOSITORY = "acme/shop"
const LIMIT = 60_000

const before: Parameters<typeof harness>[0] = { before: (gitea) => gitea.createRepository(REPOSITORY) }

const scene = Effect.gen(function* () {
  const it = yield* flow
  const open = it.gitea.openIssue({
    repository: REPOSITORY,
    title: "Slow search",
    body: "It takes 9 s.",
    assignees: [it.gitea.bot.login]
  })
  const refused = Effect.map(it.claude.requests, (all) =>
    all.filter(({ operation, status }) => operation === "messages" && status === 400)
  )
  return { ...it, open, refused }
})

layer(harness(before), { excludeTestServices: true })("Replies", (it) => {
  it.effect(
    "that the API does not take back as they are lead to no refusal",
    () =>
      Effect.gen(function* () {
        const { becomes, claude, open, refused, transitions } = yield* scene
        yield* claude.odd
        const issue = yield* open
        yield* becomes(issue, "completed")
        assert.deepStrictEqual(yield* refused, [])
        assert.deepStrictEqual(yield* transitions(issue), ["ready", "running", "answered", "completed"])
      }),
    LIMIT
  )

  it.effect(
    "whose thinking is no longer accepted are sent again without it",
    () =>
      Effect.gen(function* () {
        const { becomes, claude, open, refused, store } = yield* scene
        yield* claude.respond(({ messages }) => ({
          content: [
            { type: "thinking", thinking: "Hm." },
            messages.length === 1
              ? { type: "tool_use", name: "progress", input: { done: "read", next: "answer" } }
              : { type: "tool_use", name: "finish", input: { answer: "Use an index.", status: "done" } }
          ]
        }))
        const before = (yield* refused).length
        const { arrived, release } = yield* claude.hold("messages")
        const issue = yield* open
        yield* arrived
        yield* claude.forgetThinking
        yield* release
        yield* becomes(issue, "completed")
        assert.strictEqual((yield* refused).length - before, 1)
        const task = taskIdOf(issue.repository.id, issue.number)
        assert.strictEqual(yield* store.count("sessions", { taskId: task }), 1)
      }),
    LIMIT
  )
})

layer(harness(before).pipe(Layer.provide(EvenRandom)))("A refusal of key, account or model", (it) => {
  const faults: ReadonlyArray<readonly [string, ClaudeFault]> = [
    ["a 401", { kind: "status", status: 401 }],
    ["a 403", { kind: "status", status: 403 }],
    [
      "a 400 because the credit is used up",
      { kind: "status", status: 400, message: "Your credit balance is too low to access the Anthropic API." }
    ],
    ["a 404 of the model", { kind: "status", status: 404 }]
  ]
  it.effect.each(faults)(
    "%s parks no task, and the task goes on by itself",
    ([, fault]) =>
      Effect.gen(function* () {
        const { claude, open, task, transitions } = yield* scene
        yield* claude.fail("messages", fault)
        const issue = yield* open
        yield* soon("the task is completed", task(issue), (row) => row?.state === "completed")
        assert.deepStrictEqual(yield* transitions(issue), ["ready", "running", "answered", "completed"])
        assert.deepInclude(yield* task(issue), { attempts: 0 })
        const { components } = yield* (yield* Readiness).report
        assert.deepStrictEqual([components.claude, components.worker], [{ status: "ok" }, { status: "ok" }])
      }),
    LIMIT
  )
})

layer(harness({ ...before, settings: { model: "claude-sandbx" } }), { excludeTestServices: true })(
  "A mistyped model",
  (it) => {
    it.effect(
      "parks no task, and readiness says what is wrong",
      () =>
        Effect.gen(function* () {
          const { gitea, store } = yield* scene
          yield* Effect.forEach(Array.from({ length: 12 }), (_, index) =>
            gitea.openIssue({
              repository: REPOSITORY,
              title: `Issue ${index}`,
              body: "",
              assignees: [gitea.bot.login]
            })
          )
          const readiness = yield* Readiness
          const { components } = yield* eventually(
            "readiness names the setting",
            readiness.report,
            ({ components: { worker } }) => worker.why?.includes("ANTHROPIC_MODEL") === true
          )
          assert.include(components.claude.why, "ANTHROPIC_MODEL")
          assert.include(components.worker.why, "go on by themselves")
          yield* eventually("all tasks are there", store.count("tasks"), (all) => all === 12)
          assert.strictEqual(yield* store.count("tasks", { state: "parked" }), 0)
        }),
      LIMIT
    )
  }
)

layer(
  harness({
    settings: { model: "claude-sandbox-older", maxOutputTokens: 4_096 },
    before: (gitea) =>
      Effect.gen(function* () {
        yield* gitea.createRepository(ISSUE.repository)
        const issue = yield* gitea.openIssue({ ...ISSUE, by: "ada" })
        yield* Effect.forEach(comments, ({ body, by }) => gitea.comment(issue, body, by), { discard: true })
      })
  }),
  { excludeTestServices: true }
)("A model that refuses more than its window of input and output", (it) => {
  it.effect(
    "is asked for what is left, and the task completes",
    () =>
      Effect.gen(function* () {
        const { becomes, claude, gitea } = yield* flow
        const issue = { repository: { id: 1, fullName: ISSUE.repository }, number: 1, id: 1 }
        yield* gitea.assign(issue, gitea.bot.login, "ada")
        yield* becomes(issue, "completed")
        const asked = (yield* claude.requests).flatMap(({ body, operation, status }) =>
          operation === "messages" ? [{ output: body?.max_tokens ?? 0, status }] : []
        )
        assert.isTrue(asked.some(({ status }) => status === 400))
        assert.isTrue(asked.some(({ output, status }) => status === 200 && output < 4_096))
      }),
    LIMIT
  )
})
