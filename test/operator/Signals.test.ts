import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it, layer } from "@effect/vitest"
import { Effect, Layer, Logger, Metric, References } from "effect"
import { HttpClient } from "effect/http"
import * as Metrics from "../../src/telemetry/Metrics.ts"
import { signedDelivery } from "../harness/Deliveries.ts"
import { flow, post } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { compaction, reply, toolUse, usage } from "../harness/Models.ts"
import { column, count, read } from "../harness/StoreReader.ts"
import { claude, finish, work, workbench } from "../harness/Workbench.ts"

interface Line {
  readonly sentence: string
  readonly ids: Readonly<Record<string, unknown>>
}

const lines: Array<Line> = []

const capture = Logger.layer([
  Logger.make(({ fiber, message }) => {
    lines.push({ sentence: String([message].flat()[0]), ids: fiber.getRef(References.CurrentLogAnnotations) })
  })
])

/** Metrics of this test alone, and every line down to the least. */
const Observed = Layer.mergeAll(
  capture,
  Layer.succeed(References.MinimumLogLevel, "Trace"),
  Layer.succeed(Metric.MetricRegistry, new Map())
)

/** What belongs to the process and to no delivery, task or session. */
const OF_THE_PROCESS =
  /^(Listening on|Assigned issues checked|Running migration|Migrations|Claude (un)?available|Tools are (off|isolated))/

/** Said for the delivery, or by the comparison at the start when that looks first. */
const CREATED = "Task changed state"

const metrics = Effect.gen(function* () {
  const { url } = yield* flow
  const response = yield* HttpClient.get(`${url}/metrics`)
  assert.strictEqual(response.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
  const text = yield* response.text
  const value = (name: string) => {
    const line = text.split("\n").find((one) => one.startsWith(`${name} `))
    return line === undefined ? null : Number(line.slice(name.length + 1))
  }
  return { text, value }
})

describe("Signals", () => {
  layer(harness({ settings: { repositories: ["acme/*"] }, log: Observed }), { excludeTestServices: true })((it) => {
    it.effect("tell what happened in a whole flow, in figures and in lines", () =>
      Effect.gen(function* () {
        const { becomes, claude, gitea, said, settled } = yield* flow
        yield* gitea.createRepository("acme/shop")
        const issue = yield* gitea.openIssue({ repository: "acme/shop", title: "Slow search", body: "", by: "ada" })
        yield* settled
        yield* gitea.fail({ match: /^GET .*\/timeline$/, kind: "status", status: 502 })
        yield* claude.fail("messages", { kind: "sseError" })
        yield* gitea.assign(issue, gitea.bot.login, "ada")
        yield* post(signedDelivery(undefined, { secret: "not the secret" }))
        yield* settled
        yield* becomes(issue, "completed")
        yield* said
        yield* settled

        const { text, value } = yield* metrics
        const [task] = yield* read("tasks", ["turns", "tokens"])
        const ignored = yield* count("deliveries", { status: "ignored" })
        const known = (yield* column("samples", "used")).filter((used) => used !== null)
        const tokens = ["input", "cache_read", "cache_creation", "output"].map(
          (kind) => value(`coordinator_tokens_total{kind="${kind}"}`) ?? NaN
        )
        assert.deepStrictEqual(
          {
            accepted: value('coordinator_deliveries_total{outcome="accepted",status="200"}'),
            ignored: value('coordinator_deliveries_total{outcome="ignored",status="200"}'),
            refused: value('coordinator_deliveries_total{outcome="refused",status="401"}'),
            acknowledged: value("coordinator_acknowledgement_seconds_count"),
            completed: value('coordinator_tasks{state="completed"}'),
            ready: value('coordinator_tasks{state="ready"}'),
            age: value("coordinator_queue_age_seconds"),
            outbox: value("coordinator_outbox_pending"),
            turns: value("coordinator_turns_total"),
            tokens: tokens.reduce((all, count) => all + count, 0),
            samples: value("coordinator_context_ratio_count"),
            giteaErrors: value('coordinator_errors_total{adapter="gitea",operation="read timeline"}'),
            giteaRetries: value('coordinator_retries_total{adapter="gitea",operation="read timeline"}'),
            claudeErrors: value('coordinator_errors_total{adapter="claude",operation="turn"}'),
            claudeRetries: value('coordinator_retries_total{adapter="claude",operation="turn"}')
          },
          {
            accepted: 1,
            ignored,
            refused: 1,
            acknowledged: 1 + ignored,
            completed: 1,
            ready: 0,
            age: 0,
            outbox: 0,
            turns: task?.turns ?? NaN,
            tokens: task?.tokens ?? NaN,
            samples: known.length,
            giteaErrors: 1,
            giteaRetries: 1,
            claudeErrors: 1,
            claudeRetries: 1
          }
        )
        assert.notMatch(text, /acme|shop|slow|1\/1/i)

        const about = (id: string) => lines.filter(({ ids }) => ids[id] !== undefined)
        const homeless = lines.filter(
          ({ ids, sentence }) =>
            ids["task"] === undefined && ids["delivery"] === undefined && !OF_THE_PROCESS.test(sentence)
        )
        assert.deepStrictEqual(homeless, [])
        for (const sentence of ["Session opened", "Context sampled", "Turn finished", "Claude is unavailable"]) {
          const all = lines.filter((line) => line.sentence === sentence)
          assert.isNotEmpty(all, sentence)
          all.forEach(({ ids }) => assert.hasAnyKeys(ids, ["session"], sentence))
          all.forEach(({ ids }) => assert.strictEqual(ids["task"], "1/1", sentence))
        }
        assert.sameMembers(
          [...new Set(about("delivery").map(({ sentence }) => sentence))].filter((one) => one !== CREATED),
          ["Delivery ignored", "Delivery accepted", "Requests failed verification", "Request refused"]
        )
      }).pipe(Effect.provide(NodeHttpClient.layerNodeHttp))
    )
  })

  it.effect("count the actions that were carried out on a context", () => {
    const shares = [82, 96, 1]
    let percent = 1
    const model = claude({
      turn: (_, index) => {
        percent = shares[index] ?? 1
        const full = reply([toolUse("read_comments", { page: 1 })], { usage: usage(percent * 2_000, 0) })
        return Effect.succeed(index < 2 ? full : finish("done"))
      },
      compact: () => {
        percent = 5
        return Effect.succeed(compaction("We read the comments."))
      },
      count: ({ messages }) => Effect.succeed(2_000 * (messages.length === 1 ? 1 : percent))
    })
    return Effect.gen(function* () {
      yield* work
      const carriedOut = (action: "compact" | "rotate") =>
        Effect.map(Metric.value(Metrics.contextAction(action)), ({ count }) => Number(count))
      assert.deepStrictEqual([yield* carriedOut("compact"), yield* carriedOut("rotate")], [1, 1])
    }).pipe(Effect.provide(workbench({ claude: model })), Effect.provideService(Metric.MetricRegistry, new Map()))
  })
})
