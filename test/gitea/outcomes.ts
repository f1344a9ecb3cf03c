import { assert } from "@effect/vitest"
import { Effect, Equal, Metric, Result, Schema } from "effect"
import { Gitea } from "../../src/gitea/Gitea.ts"
import type { GiteaError } from "../../src/gitea/GiteaError.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { leftOut } from "../../src/telemetry/Metrics.ts"
import { call } from "../sandbox/gitea/support.ts"
import { damaged, DAMAGES, placesIn } from "../harness/Damage.ts"
import type { Damage, Path } from "../harness/Damage.ts"

const encode = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))

/**
 * What damage to a field leads to. "left out": its element is, and that is counted. "changed": the field alone is without a value.
 * "unreadable": an error that names the field, is no outage and is not tried again.
 */
export type Outcome = "same" | "left out" | "changed" | "unreadable"
/** Where it is missing, null, and of another type. */
export type Row = readonly [Outcome, Outcome, Outcome]

export const NEEDED: Row = ["unreadable", "unreadable", "unreadable"]
export const LEFT_OUT: Row = ["left out", "left out", "left out"]
export const CHANGED: Row = ["changed", "changed", "changed"]

/** Of each call, by the places in its answer. */
export type Tables = Readonly<Record<string, Readonly<Record<string, Row>>>>

export interface Call {
  readonly method: "GET" | "POST" | "PATCH"
  readonly path: string
  readonly body?: unknown
  readonly run: (gitea: Gitea["Service"]) => Effect.Effect<unknown, GiteaError>
}

/** Runs the call while Gitea answers with this in its place. */
export const answeredWith = Effect.fnUntraced(function* ({ method, path, run }: Call, text: string) {
  const sandbox = yield* SandboxGitea
  const gitea = yield* Gitea
  const where = path.replace(/\?.*/, "")
  yield* sandbox.fail({
    match: new RegExp(`^${method} /api/v1${where}$`),
    kind: "status",
    status: method === "POST" ? 201 : 200,
    body: text
  })
  return { result: yield* Effect.result(run(gitea)), health: yield* gitea.health }
})

/** What comes of each place of a true answer that the table has, and of all others at once. */
const outcomesOf = Effect.fnUntraced(function* (name: string, it: Call, tables: Tables) {
  const { body: json } = yield* call(it.method, it.path, { body: it.body })
  const { result: whole } = yield* answeredWith(it, encode(json))
  assert.isTrue(Result.isSuccess(whole), name)
  const used = Object.keys(tables[name] ?? {})
  const counted = Effect.map(Metric.value(leftOut(name)), ({ count }) => Number(count))

  const outcome = Effect.fnUntraced(function* (places: ReadonlyArray<Path>, damage: Damage) {
    const before = yield* counted
    const spoilt = places.reduce((text, place) => damaged(text, place, damage), json)
    const { health, result } = yield* answeredWith(it, encode(spoilt))
    const where = `${name}: ${places.map((place) => place.join(".")).join()} ${damage}`
    assert.isNull(health, `${where} is no outage`)
    if (Result.isFailure(result)) {
      assert.deepInclude(result.failure, { retryable: false, status: null, operation: name }, where)
      assert.include(result.failure.detail, `\`${places[0]?.[0]}`, `${where}: the field is named`)
      return "unreadable"
    }
    if ((yield* counted) > before) return "left out"
    return Equal.equals(result, whole) ? "same" : "changed"
  })

  const isOn = (place: Path, one: string) => one.startsWith(`${place.join(".")}.`)
  const places = placesIn(json, (place) => used.some((one) => isOn(place, one)))
  const known = places.filter((place) => used.includes(place.join(".")))
  const others = places.filter((place) => !known.includes(place))
  const rowOf = (all: ReadonlyArray<Path>) => Effect.forEach(DAMAGES, (damage) => outcome(all, damage))
  const rows = yield* Effect.forEach(known, (place) =>
    Effect.map(rowOf([place]), (row) => [place.join("."), row] as const)
  )
  return { table: Object.fromEntries(rows), others: others.length, ofOthers: yield* rowOf(others) }
})

/** Each place leads to what the table says, and all others change nothing. */
export const leadsToWhatIsSaid = Effect.fnUntraced(function* (name: string, it: Call, tables: Tables) {
  const expected = Object.entries(tables[name] ?? {}).map(([place, row]) => [place, [...row]])
  const { ofOthers, others, table } = yield* outcomesOf(name, it, tables)
  assert.deepStrictEqual(table, Object.fromEntries(expected))
  assert.isAbove(others, 0)
  assert.deepStrictEqual(ofOthers, ["same", "same", "same"])
})
