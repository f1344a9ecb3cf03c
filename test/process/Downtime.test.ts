import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Clock, DateTime, Effect, FileSystem, Schema } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { TaskDetail } from "../../src/operator/api/Tasks.ts"
import { taskIdOf } from "../../src/domain/Task.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import type { SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import type { Life } from "../harness/CoordinatorProcess.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"

const LIMIT = 240_000
const REPOSITORY = "acme/shop"

const get = Effect.fnUntraced(function* (path: string) {
  const { webhook } = yield* CoordinatorProcess
  return yield* HttpClient.get(new URL(path, yield* webhook))
}, Effect.orDie)

const text = (path: string) => Effect.flatMap(get(path), (response) => Effect.orDie(response.text))

/** The token that was made at the first start, where `OPERATOR_TOKEN` is not set. */
const token = Effect.gen(function* () {
  const { store } = yield* CoordinatorProcess
  return (yield* (yield* FileSystem.FileSystem).readFileString(`${store.path}.operator-token`)).trim()
}).pipe(Effect.orDie)

/** What the operator API tells of an issue's task. */
const detail = Effect.fnUntraced(function* ({ number, repository }: SandboxIssue) {
  const { webhook } = yield* CoordinatorProcess
  const request = HttpClientRequest.get(new URL(`/api/tasks/${repository.id}/${number}`, yield* webhook))
  const response = yield* HttpClient.execute(HttpClientRequest.bearerToken(request, yield* token))
  return yield* HttpClientResponse.schemaBodyJson(TaskDetail)(response)
}, Effect.orDie)

const Ready = Schema.Struct({
  components: Schema.Struct({ intake: Schema.Struct({ status: Schema.String, why: Schema.String }) })
})

const iso = (at: DateTime.DateTime | null | undefined) => (at ? DateTime.formatIso(at) : "")

interface Missed {
  readonly issue: SandboxIssue
  readonly at: number
}

/** Ends a life so, and assigns an issue while nobody listens. */
const missed = Effect.fnUntraced(function* (life: Life, signal: "SIGKILL" | "SIGTERM") {
  const gitea = yield* SandboxGitea
  yield* life.signal(signal)
  assert.strictEqual(yield* life.ended, signal === "SIGTERM" ? 0 : null)
  const issue = yield* gitea.openIssue({ repository: REPOSITORY, title: `Missed by ${signal}`, body: "", by: "ada" })
  yield* gitea.assign(issue, gitea.bot.login, "ada")
  const at = yield* Clock.currentTimeMillis
  yield* gitea.drained
  return { issue, at } satisfies Missed
})

const completed = Effect.fnUntraced(function* ({ number, repository }: SandboxIssue) {
  const { store } = yield* CoordinatorProcess
  const states = store.column("tasks", "state", { id: taskIdOf(repository.id, number) })
  yield* eventuallyInProcess("it is worked", states, ([state]) => state === "completed")
})

describe("Downtime", () => {
  it.live(
    "after kill -9 and after SIGTERM is made up for, and told as the cause of what was missed in it",
    () =>
      Effect.gen(function* () {
        const gitea = yield* SandboxGitea
        const { launch, listening, start, store } = yield* CoordinatorProcess
        const began = yield* Clock.currentTimeMillis
        const first = yield* start
        yield* gitea.createRepository(REPOSITORY)
        const killed = yield* missed(first, "SIGKILL")
        // Compares at its start only, so that the last life explains both.
        const second = yield* launch({ COORDINATOR_RECONCILE_INTERVAL: "1 hour" })
        yield* listening(second)
        yield* completed(killed.issue)
        const stopped = yield* missed(second, "SIGTERM")
        assert.isEmpty(
          (yield* gitea.deliveries).filter(({ event, outcome }) => event === "issues" && "status" in outcome),
          "no delivery of the assignments arrived"
        )
        const third = yield* start
        yield* completed(stopped.issue)

        const path = `${store.path}.operator-token`
        const told = (yield* third.stdout).filter((line) => line.includes("The token of the operator API is in a file"))
        assert.include(told.join("\n"), path)
        assert.notInclude((yield* third.stdout).join("\n"), yield* token)
        assert.strictEqual((yield* get("/api/tasks")).status, 401)

        let earliest = began
        let newest = { from: "", to: "" }
        for (const { at, issue } of [killed, stopped]) {
          const { gaps, transitions } = yield* eventuallyInProcess(
            "its gap is told",
            detail(issue),
            (task) => task.gaps.length > 0
          )
          const [gap, ...more] = gaps
          assert.isEmpty(more)
          assert.deepInclude(gap, { cause: "receiver down", state: "ready" })
          const [from, to] = [gap?.downFrom, gap?.downTo].map((it) => (it ? DateTime.toEpochMillis(it) : NaN))
          assert.isAtLeast(from ?? NaN, earliest)
          assert.isAtMost(from ?? NaN, at)
          assert.isAtLeast(to ?? NaN, at)
          earliest = to ?? NaN
          newest = { from: iso(gap?.downFrom), to: iso(gap?.downTo) }
          assert.deepStrictEqual(
            transitions.map((it) => it.to),
            ["completed", "answered", "running", "ready"]
          )
        }

        const ready = yield* get("/health/ready")
        assert.strictEqual(ready.status, 200)
        const { intake } = (yield* HttpClientResponse.schemaBodyJson(Ready)(ready)).components
        assert.strictEqual(intake.status, "degraded")
        assert.include(intake.why, `receiver down from ${newest.from} until ${newest.to}`)
        const metrics = yield* text("/metrics")
        assert.match(metrics, /^coordinator_gaps_total\{cause="receiver down"\} 2$/m)
        assert.match(metrics, /^coordinator_gap_repair_seconds_count 2$/m)
      }).pipe(
        Effect.provide([
          CoordinatorProcess.layerWith({ COORDINATOR_RECONCILE_INTERVAL: "1 second" }),
          NodeHttpClient.layerNodeHttpOptions({ keepAlive: false })
        ])
      ),
    LIMIT
  )
})
