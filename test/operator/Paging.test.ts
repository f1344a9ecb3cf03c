import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { operator, storeDelivery, storeSample, storeTask, Surroundings } from "./support.ts"

interface List {
  readonly path: string
  readonly name: string
  readonly key: string
  store(number: number): ReturnType<typeof storeTask>
}

const LISTS: ReadonlyArray<List> = [
  { path: "/api/deliveries", name: "deliveries", key: "id", store: (number) => storeDelivery(number) },
  { path: "/api/tasks", name: "tasks", key: "issue", store: storeTask },
  { path: "/api/sessions", name: "sessions", key: "id", store: storeTask }
]

const Case = Schema.Struct({
  rows: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 30 })),
  limit: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 12 })),
  /** Rows that come in after each page. */
  meanwhile: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 3 }))
})

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)

/** Every page of a list, one after the other, with rows stored between them. */
const walk = Effect.fnUntraced(function* (list: List, { limit, meanwhile, rows }: typeof Case.Type) {
  const ask = yield* operator
  yield* Effect.forEach(numbers(1, rows), list.store)
  const pages: Array<ReadonlyArray<unknown>> = []
  let cursor = ""
  let stored = rows
  do {
    const { json } = yield* ask(`${list.path}?limit=${limit}${cursor}`)
    pages.push(json[list.name].map((row: Record<string, unknown>) => row[list.key]))
    yield* Effect.forEach(numbers(stored + 1, meanwhile), list.store)
    stored += meanwhile
    cursor = json.nextCursor === null ? "" : `&cursor=${json.nextCursor}`
  } while (cursor !== "" && pages.length < 100)
  return pages
})

describe("Paging", () => {
  for (const list of LISTS) {
    it.effect.prop(
      `walks every row of ${list.name} once, newest first, whatever comes in meanwhile`,
      { it: Case },
      ({ it }) =>
        Effect.gen(function* () {
          const pages = yield* walk(list, it)
          const expected = numbers(1, it.rows).reverse()
          const numbersSeen = pages.flat().map((key) => Number(String(key).replace(/\D+/, "")))
          assert.deepStrictEqual(numbersSeen, expected)
          assert.isTrue(pages.slice(0, -1).every(({ length }) => length === it.limit))
        }).pipe(Effect.provide(Surroundings)),
      { arbitrary: { runs: 25 } }
    )
  }

  it.effect("walks the samples of one session", () =>
    Effect.gen(function* () {
      yield* storeTask(1)
      yield* storeTask(2)
      yield* Effect.forEach(numbers(1, 7), (used) => storeSample("session-1", used))
      const list = { path: "/api/sessions/session-1/usage", name: "samples", key: "used", store: () => Effect.void }
      const pages = yield* walk(list as never, { rows: 0, limit: 4, meanwhile: 0 })
      assert.deepStrictEqual(pages, [[7, 6, 5, 4], [3, 2, 1, 800], [null]])
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("shows 50 rows unless asked for fewer or more", () =>
    Effect.gen(function* () {
      const ask = yield* operator
      yield* Effect.forEach(numbers(1, 60), (number) => storeDelivery(number))
      assert.lengthOf((yield* ask("/api/deliveries")).json.deliveries, 50)
      assert.lengthOf((yield* ask("/api/deliveries?limit=500")).json.deliveries, 60)
    }).pipe(Effect.provide(Surroundings))
  )
})
