import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Metric, Record, Schedule } from "effect"
import { HttpServer } from "effect/http"
import { readFileSync } from "node:fs"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import type { ModelError } from "../../src/anthropic/ModelError.ts"
import { FullName } from "../../src/domain/Repository.ts"
import { Git } from "../../src/git/Git.ts"
import type { GitError } from "../../src/git/GitError.ts"
import { Gitea } from "../../src/gitea/Gitea.ts"
import type { GiteaError } from "../../src/gitea/GiteaError.ts"
import { GiteaRetry } from "../../src/gitea/GiteaClient.ts"
import * as Metrics from "../../src/telemetry/Metrics.ts"
import { Outbox } from "../../src/outbox/Outbox.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { MetricsRoutes } from "../../src/operator/OpenRoutes.ts"
import { MAX_OUTPUT, request } from "../anthropic/support.ts"
import { settings } from "../harness/TestSettings.ts"
import { TestStore } from "../harness/TestStore.ts"
import { webServer } from "../harness/WebServer.ts"

/** Where no one listens. */
const NOBODY = "http://127.0.0.1:1"
/** Of paths and methods that are not the webhook's. */
const ELSEWHERE = ["status 404", "status 405"]

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")

/** The cells of the README's table whose first head this is, row by row. */
const table = (head: string) => {
  const lines = read("README.md").split("\n")
  const [, , ...rows] = lines.slice(lines.findIndex((line) => line.startsWith(`| ${head} `)))
  return rows.slice(0, rows.indexOf("")).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim())
  )
}

const word = (cell = "") => cell.match(/\w+/)?.[0] ?? ""
const sorted = (values: Iterable<string>) => [...new Set(values)].toSorted()

const documented = {
  families: table("metric").map(([name, type, , labels = "", meaning]) => ({
    name: word(name),
    type,
    labels: sorted(labels.match(/\w+/g) ?? []),
    meaning
  })),
  values: table("label").flatMap(([label, values = ""]) => values.split(", ").map((value) => `${word(label)} ${value}`))
}

/** What `/metrics` says where nothing has happened yet. */
const fresh = Effect.gen(function* () {
  const routes = MetricsRoutes.pipe(
    Layer.provide([
      Tasks.layer.pipe(Layer.provideMerge(Outbox.layer), Layer.provideMerge(TestStore)),
      HttpServer.layerServices
    ]),
    Layer.provideMerge(Layer.sync(Metric.MetricRegistry, () => new Map()))
  )
  const { text } = yield* (yield* webServer(routes))("/metrics")
  const [, ...parts] = text.split("# HELP ")
  const families = parts.map((part) => {
    const [, name = "", meaning, type] = /^(\S+) (.*)\n# TYPE \S+ (\S+)\n/.exec(part) ?? []
    const labels = [...part.matchAll(/[{,](\w+)="(.*?)"/g)].map(([, label = "", value = ""]) => ({ label, value }))
    return { name, type, meaning, labels: labels.filter(({ label }) => label !== "le") }
  })
  return { text, families }
})

const byName = <A extends { readonly name: string }>(families: ReadonlyArray<A>) =>
  Record.fromIterableBy(families, ({ name }) => name)

describe("Metrics", () => {
  it.effect("are all there from the start, as the README has them", () =>
    Effect.gen(function* () {
      const { families, text } = yield* fresh
      assert.deepStrictEqual(
        byName(families.map((one) => ({ ...one, labels: sorted(one.labels.map(({ label }) => label)) }))),
        byName(documented.families)
      )
      assert.sameMembers(
        sorted(families.flatMap(({ labels }) => labels.map(({ label, value }) => `${label} ${value}`))),
        documented.values
      )
      assert.sameMembers(
        families.map(({ name }) => name),
        sorted(read("src/telemetry/Metrics.ts").match(/coordinator_\w+/g) ?? [])
      )
      assert.deepStrictEqual(
        text.split("\n").filter((line) => !/^(#.*|.* 0|)$/.test(line)),
        []
      )
    })
  )

  it("know every status that the webhook answers", () => {
    const problems = `${read("src/http/Problem.ts")}${read("src/webhook/WebhookProblem.ts")}`
    const answers = (problems.match(/(?<=status: )\d+/g) ?? []).map((status) => `status ${status}`)
    assert.sameMembers(
      documented.values.filter((value) => value.startsWith("status ")),
      ["status 200", ...answers.filter((status) => !ELSEWHERE.includes(status))]
    )
  })

  it.effect("count the failures of every call to Gitea, Claude and git in a series that is there from the start", () =>
    Effect.gen(function* () {
      const gitea = yield* Gitea
      const anthropic = yield* Anthropic
      const git = yield* Git
      const nonsense = { operation: "try", gitDir: null, args: ["no-such-command"] }
      const shop = FullName.make("acme/shop")
      const errors = Effect.map(Metric.snapshot, (all) => all.filter(({ id }) => id === "coordinator_errors_total"))
      yield* Metrics.registerAll
      const before = yield* errors
      const calls: ReadonlyArray<Effect.Effect<unknown, GiteaError | GitError | ModelError>> = [
        gitea.whoAmI,
        gitea.scopes,
        gitea.repository(1),
        gitea.issue(shop, 1),
        gitea.comments(shop, 1),
        gitea.timeline(shop, 1),
        gitea.dependencies(shop, 1),
        gitea.assigned,
        gitea.hook(shop, null),
        gitea.createComment(shop, 1, ""),
        gitea.editComment(shop, 1, ""),
        gitea.access(shop),
        gitea.branch(shop, "main"),
        gitea.writer(shop, 1),
        gitea.openPulls(shop),
        gitea.pull(shop, 1),
        gitea.createPull(shop, { title: "", body: "", head: "work", base: "main" }),
        gitea.editPull(shop, 1, { title: "", body: "" }),
        gitea.setStatus(shop, "0", { state: "success", context: "", description: "" }),
        anthropic.turn(request(), MAX_OUTPUT, () => Effect.void),
        anthropic.compact(request(), MAX_OUTPUT),
        anthropic.count(request()),
        anthropic.info("claude-sandbox"),
        git.run(nonsense),
        git.run({ ...nonsense, asBot: true })
      ]
      yield* Effect.forEach(calls, (call) => Effect.ignore(call))
      const after = yield* errors
      assert.deepStrictEqual(
        after.map(({ attributes, state }) => ({ attributes, state })),
        before.map(({ attributes, state }) => ({ attributes, state: { ...state, count: 1 } }))
      )
    }).pipe(
      Effect.provide(
        Layer.mergeAll(Gitea.layer, Anthropic.layer, Git.layer).pipe(
          Layer.provide(NodeServices.layer),
          Layer.provide(Layer.succeed(GiteaRetry, Schedule.recurs(0))),
          Layer.provide(settings({ giteaUrl: NOBODY, anthropicUrl: NOBODY })),
          Layer.provideMerge(Layer.sync(Metric.MetricRegistry, () => new Map()))
        )
      )
    )
  )
})
