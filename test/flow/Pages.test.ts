import { assert, describe, layer } from "@effect/vitest"
import { Duration, Effect, Latch, Layer, Option, Schedule } from "effect"
import { HttpClient, UrlParams } from "effect/http"
import { Gitea } from "../../src/gitea/Gitea.ts"
import { GiteaRetry, httpClient } from "../../src/gitea/GiteaClient.ts"
import type { GiteaError } from "../../src/gitea/GiteaError.ts"
import type { SandboxGitea, SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { logged } from "../harness/Logged.ts"

const LIMIT = 60_000
/** As many issues as Gitea puts on a page, and more than that. */
const PAGE = 50
const MANY = 60
const LIST = "/repos/issues/search"
const ROUNDS = 4
const UNHEARD = { seed: 1, drop: 1, duplicate: 0, reorder: 0 }
const FAULTS = { "answers 500": { kind: "status", status: 500 }, "is reset": { kind: "reset" } } as const

/** Twice at once instead of five times in half a minute. */
const retry = Layer.succeed(
  GiteaRetry,
  Schedule.recurs(1).pipe(
    Schedule.setInputType<GiteaError>(),
    Schedule.while(({ input }) => input.retryable)
  )
)

/** The pages that were asked for, and what is run before one is. */
interface PagedList {
  readonly asked: Array<number>
  before(page: number): Effect.Effect<void>
}

/** A server that compares often, and how often it did. */
const pagedServer = () => {
  const lines: Array<string> = []
  const list: PagedList = { asked: [], before: () => Effect.void }
  const watched = Effect.map(
    HttpClient.HttpClient,
    HttpClient.tapRequest(({ url, urlParams }) =>
      Effect.suspend(() => {
        const page = Number(Option.getOrNull(UrlParams.getFirst(urlParams, "page")))
        if (!url.endsWith(LIST)) return Effect.void
        list.asked.push(page)
        return list.before(page)
      })
    )
  )
  const client = Layer.effect(HttpClient.HttpClient, watched).pipe(Layer.provide(httpClient))
  const whole = harness({
    gitea: Gitea.layerNoDeps.pipe(Layer.provide([client, retry])),
    log: logged(lines),
    settings: { reconcileInterval: Duration.millis(300) }
  })
  const rounds = Effect.sync(() => lines.filter((line) => line === "Info Assigned issues checked").length)
  return { list, rounds, whole }
}

const keyOf = ({ number, repository }: SandboxIssue) => `${repository.id}/${number}`

/** Issues that no delivery tells of, in a repository with one that is worked on a held turn. */
const scene = Effect.fnUntraced(function* (repository: string) {
  const it = yield* flow
  const { claude, gitea, settled, store } = it
  yield* gitea.createRepository(repository)
  yield* claude.respond(() => ({
    content: [{ type: "tool_use", name: "finish", input: { answer: "Use an index.", status: "done" } }]
  }))
  const assigned = (title: string) =>
    gitea.openIssue({ repository, title, body: "", by: "ada", assignees: [gitea.bot.login] })
  const turn = yield* claude.hold("messages")
  const known = yield* assigned("Known")
  yield* turn.arrived
  yield* settled
  const own = Effect.map((ids: ReadonlyArray<string>) => ids.filter((id) => id.startsWith(`${known.repository.id}/`)))
  return {
    ...it,
    known,
    turn,
    unheard: Effect.fnUntraced(function* (count: number) {
      yield* gitea.disturb(UNHEARD)
      return yield* Effect.forEach(Array.from({ length: count }), (_, index) => assigned(`Unheard ${index}`)).pipe(
        Effect.ensuring(gitea.disturb(null))
      )
    }),
    gaps: Effect.map(own(store.column("gaps", "taskId")), (ids) => [...new Set(ids)]),
    tasks: own(store.column("tasks", "id")),
    cancelled: own(store.column("transitions", "taskId", { to: "cancelled" })),
    readied: own(store.column("transitions", "taskId", { to: "ready" }))
  }
})

const failing = (gitea: SandboxGitea["Service"], fault: (typeof FAULTS)[keyof typeof FAULTS]) => (page: number) =>
  page === 2 ? gitea.fail({ ...fault, match: new RegExp(`^GET .*${LIST}$`) }) : Effect.void

describe("A list of several pages", () => {
  const { list, whole } = pagedServer()
  layer(whole, { excludeTestServices: true })((it) => {
    for (const [how, fault] of Object.entries(FAULTS)) {
      it.effect(
        `whose second page ${how} cancels nothing and records nothing, and is made up for by the next that is whole`,
        () =>
          Effect.gen(function* () {
            const { becomes, cancelled, gaps, gitea, known, readied, store, task, tasks, turn, unheard } = yield* scene(
              `acme/${fault.kind}`
            )
            list.before = failing(gitea, fault)
            const asked = list.asked.length
            const issues = yield* unheard(MANY)
            const failed = Effect.sync(() => list.asked.slice(asked).filter((page) => page === 2).length)
            yield* eventually("rounds fail on the second page", failed, (count) => count >= 2 * ROUNDS)
            assert.notInclude(list.asked.slice(asked + 2), 3)
            assert.strictEqual((yield* task(known))?.state, "running")
            yield* turn.release
            yield* becomes(known, "completed")
            assert.deepStrictEqual(yield* tasks, [keyOf(known)])
            // A round may look before the delivery does: that is suspected, and no gap.
            assert.isEmpty((yield* store.read("gaps", ["cause"])).filter(({ cause }) => cause !== null))

            list.before = () => Effect.void
            const states = Effect.forEach(issues, task)
            yield* eventually("all are worked", states, (all) => all.every((row) => row?.state === "completed"))
            assert.isEmpty(yield* cancelled)
            assert.sameMembers(yield* readied, [known, ...issues].map(keyOf))
            assert.sameMembers(
              (yield* gaps).filter((id) => id !== keyOf(known)),
              issues.map(keyOf)
            )
          }),
        LIMIT
      )
    }
  })

  const sliding = pagedServer()
  layer(sliding.whole, { excludeTestServices: true })((it) => {
    it.effect(
      "that changes between two pages loses sight of issues, and takes that for nothing",
      () =>
        Effect.gen(function* () {
          const { list, rounds } = sliding
          const { becomes, cancelled, gaps, gitea, known, task, tasks, turn, unheard } = yield* scene("acme/shop")
          const gate = yield* Latch.make()
          const began = list.asked.length
          list.before = (page) => (page === 1 ? gate.await : Effect.void)
          const last = Effect.sync(() => list.asked.slice(began).at(-1))
          yield* eventually("a round is about to begin", last, (page) => page === 1)
          const [second, ...others] = yield* unheard(PAGE + 1)
          const newest = others.slice(-2)
          assert.isDefined(second)
          // The two newest go, so that the two oldest slide onto the page that was read already.
          list.before = (page) =>
            page === 2 ? Effect.forEach(newest, (issue) => gitea.close(issue), { discard: true }) : Effect.never
          const before = yield* rounds
          yield* gate.open
          yield* eventually("the round is over", rounds, (count) => count > before)
          const found = others.filter((issue) => !newest.includes(issue))
          assert.sameMembers(yield* tasks, [known, ...found].map(keyOf))
          assert.isUndefined(yield* task(second))
          assert.strictEqual((yield* task(known))?.state, "running")
          assert.isEmpty(yield* cancelled)

          list.before = () => Effect.void
          yield* becomes(second, "completed")
          yield* turn.release
          yield* becomes(known, "completed")
          assert.isEmpty(yield* cancelled)
          assert.sameMembers(yield* gaps, [second, ...found].map(keyOf))
        }),
      LIMIT
    )
  })
})
