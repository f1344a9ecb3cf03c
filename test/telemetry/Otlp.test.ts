import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Metric, Redacted } from "effect"
import { globSync, readFileSync } from "node:fs"
import { Exporting, traceparent } from "../../src/telemetry/Tracing.ts"
import { Export } from "../../src/telemetry/Telemetry.ts"
import type { SettingsValues } from "../../src/Settings.ts"
import { Collector } from "../harness/Collector.ts"
import { settings } from "../harness/TestSettings.ts"

const SECRET = 'a-token"of\\Gitea'

/** Runs it in a process that exports, to the last word. */
const exported = Effect.fnUntraced(function* <A, E>(run: Effect.Effect<A, E>, overrides: Partial<SettingsValues> = {}) {
  const { posts, spans, url } = yield* Collector
  const values = settings({ otlpEndpoint: url, giteaToken: Redacted.make(SECRET), ...overrides })
  yield* run.pipe(Effect.provide(Export.pipe(Layer.provide(values), Layer.provideMerge(Logger.layer([])))))
  return { posts: yield* posts, spans: yield* spans }
})

const signal = (posts: ReadonlyArray<{ readonly path: string; readonly text: string }>, name: string) =>
  posts
    .filter(({ path }) => path === `/v1/${name}`)
    .map(({ text }) => text)
    .join("\n")

describe("Export", () => {
  it.live("sends spans, metrics and log lines, with the service's name and the headers of the settings", () =>
    Effect.gen(function* () {
      const counter = Metric.counter("coordinator_test_total", { incremental: true })
      const work = Metric.update(counter, 1).pipe(
        Effect.andThen(Effect.logInfo("Turn finished")),
        Effect.withSpan("inner"),
        Effect.withSpan("outer")
      )
      const { posts, spans } = yield* exported(work, {
        otlpHeaders: Redacted.make({ authorization: "Bearer a-collectors-token" })
      })
      assert.deepStrictEqual([...new Set(posts.map(({ path }) => path))].sort(), [
        "/v1/logs",
        "/v1/metrics",
        "/v1/traces"
      ])
      posts.forEach(({ headers, text }) => {
        assert.strictEqual(headers["authorization"], "Bearer a-collectors-token")
        assert.include(text, `"mosaic-coordinator"`)
      })
      assert.sameMembers(
        spans.map(({ name }) => name),
        ["inner", "outer"]
      )
      assert.strictEqual(new Set(spans.map(({ traceId }) => traceId)).size, 1)
      assert.include(signal(posts, "logs"), "Turn finished")
      assert.include(signal(posts, "metrics"), "coordinator_test_total")
    }).pipe(Effect.provide(Collector.layer))
  )

  it.live("repeats no secret, in a line, an annotation, an attribute or an error", () =>
    Effect.gen(function* () {
      const { posts } = yield* exported(
        Effect.logError(`refused ${SECRET}`, SECRET).pipe(
          Effect.annotateLogs({ header: SECRET }),
          Effect.andThen(Effect.fail(`cannot use ${SECRET}`)),
          Effect.withSpan(`call ${SECRET}`, { attributes: { url: `https://x/${SECRET}` } }),
          Effect.ignore
        )
      )
      const sent = posts.map(({ text }) => text).join("\n")
      assert.notInclude(sent, "token")
      assert.notInclude(sent, "Gitea")
      for (const name of ["logs", "traces"]) assert.include(signal(posts, name), "<redacted>")
    }).pipe(
      Effect.provide(Collector.layer),
      // Metrics of other tests have names like coordinator_tokens_total.
      Effect.provideService(Metric.MetricRegistry, new Map())
    )
  )

  it.live("makes no trace of a statement outside of any work", () =>
    Effect.gen(function* () {
      const statement = Effect.withSpan(Effect.void, "sql.execute")
      const { spans } = yield* exported(Effect.andThen(statement, Effect.withSpan(statement, "work")))
      assert.deepStrictEqual(
        spans.map(({ name }) => name),
        ["sql.execute", "work"]
      )
    }).pipe(Effect.provide(Collector.layer))
  )

  it.effect("is nothing without an endpoint, and no span is kept then", () =>
    Effect.gen(function* () {
      assert.isFalse(yield* Exporting)
      assert.isNull(yield* Effect.withSpan(traceparent, "work"))
    }).pipe(Effect.provide(Export.pipe(Layer.provide(settings()))))
  )

  it("is loaded only where it is needed", () => {
    const eager = globSync("../../src/**/*.ts", { cwd: import.meta.dirname }).filter((file) =>
      /from "(\.[^"]*\/Otlp\.ts|effect\/observability(\/Otlp\w*)?)"/.test(
        readFileSync(new URL(file, import.meta.url), "utf8")
      )
    )
    assert.deepStrictEqual(eager, ["../../src/telemetry/Otlp.ts"])
  })
})
