import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, FileSystem } from "effect"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import type { Environment } from "../harness/CoordinatorProcess.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"

const LIMIT = 180_000
/** Milliseconds that a second start waits for its predecessor. */
const PATIENCE = 10_000

/** What a start that is refused, with exit code 1 and before it listens, leaves on standard error. */
const refusal = Effect.fnUntraced(function* (environment: Environment = {}) {
  const { launch } = yield* CoordinatorProcess
  const life = yield* launch(environment)
  assert.strictEqual(yield* life.ended, 1)
  assert.strictEqual(yield* life.logged("Listening"), 0)
  return yield* life.stderr
})

describe("Refusal", () => {
  it.live(
    "names every key that is missing or wrong, one sentence each",
    () =>
      Effect.gen(function* () {
        const missing = yield* refusal({ GITEA_WEBHOOK_SECRET: undefined, GITEA_URL: "" })
        assert.deepStrictEqual(
          missing.map((sentence) => sentence.split(":")[0]),
          ["GITEA_WEBHOOK_SECRET is not set", "GITEA_URL is not set"]
        )
        const wrong = yield* refusal({
          GITEA_WEBHOOK_SECRET: "changeme",
          PORT: "http",
          DATABASE_URL: "postgres://127.0.0.1/coordinator",
          CONTEXT_COMPACT_THRESHOLD: "0.95",
          CONTEXT_ROTATE_THRESHOLD: "0.9"
        })
        assert.deepStrictEqual(
          wrong.map((sentence) => sentence.split(" ")[0]),
          ["GITEA_WEBHOOK_SECRET", "DATABASE_URL", "PORT", "CONTEXT_COMPACT_THRESHOLD"]
        )
      }).pipe(Effect.provide(CoordinatorProcess.layer)),
    LIMIT
  )

  it.live(
    "takes no store that is damaged, and leaves it as it is",
    () =>
      Effect.gen(function* () {
        const { store } = yield* CoordinatorProcess
        const fs = yield* FileSystem.FileSystem
        const text = "not a database at all, but long enough to be taken for one\n".repeat(100)
        yield* fs.writeFileString(store.path, text)
        const [sentence, ...more] = yield* refusal()
        assert.match(sentence ?? "", /^The store .* cannot be used .*put a backup in its place$/)
        assert.deepStrictEqual(more, [])
        assert.strictEqual(yield* fs.readFileString(store.path), text)
      }).pipe(Effect.provide(CoordinatorProcess.layer)),
    LIMIT
  )

  it.live(
    "takes no store of a newer release",
    () =>
      Effect.gen(function* () {
        const { start, store } = yield* CoordinatorProcess
        const life = yield* start
        yield* life.signal("SIGTERM")
        yield* life.ended
        yield* store.insert("effect_sql_migrations", { migrationId: 9999, name: "later" })
        const [sentence, ...more] = yield* refusal()
        assert.match(sentence ?? "", /^The store has schema version 9999, this release knows version \d+: /)
        assert.deepStrictEqual(more, [])
      }).pipe(Effect.provide(CoordinatorProcess.layer)),
    LIMIT
  )

  it.live(
    "gives up a store that another process holds after it has waited",
    () =>
      Effect.gen(function* () {
        const { start, store } = yield* CoordinatorProcess
        const holder = yield* start
        const began = yield* Clock.currentTimeMillis
        const sentences = yield* refusal({ PORT: "0" })
        assert.isAtLeast((yield* Clock.currentTimeMillis) - began, PATIENCE)
        assert.deepStrictEqual(sentences, [
          `Another coordinator holds ${store.path}.lock: stop it first, or give this one a DATABASE_URL of its own`
        ])
        yield* holder.signal("SIGTERM")
        assert.strictEqual(yield* holder.ended, 0)
      }).pipe(Effect.provide(CoordinatorProcess.layer)),
    LIMIT
  )

  it.live(
    "starts when its predecessor stops while it waits",
    () =>
      Effect.gen(function* () {
        const { launch, listening, start, store } = yield* CoordinatorProcess
        const tokens = store.column("holder", "token")
        const predecessor = yield* start
        const before = yield* tokens
        const successor = yield* launch()
        yield* eventuallyInProcess("it waits", successor.logged("Coordinator started"), (times) => times === 1)
        assert.deepStrictEqual(yield* tokens, before)
        yield* predecessor.signal("SIGTERM")
        assert.strictEqual(yield* predecessor.ended, 0)
        yield* listening(successor)
        assert.notDeepEqual(yield* tokens, before)
      }).pipe(Effect.provide(CoordinatorProcess.layer)),
    LIMIT
  )
})
