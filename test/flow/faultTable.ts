import { assert } from "@effect/vitest"
import { Array, Config, Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import type { Verdict } from "./faultErrors.ts"
import { takesEffect } from "./faults.ts"
import type { FaultCase } from "./faults.ts"

/** Set to true, the tables are written anew and not compared. */
export const REGENERATE = "UPDATE_FAULT_TABLE"

/** A fault before it is lived through, and what the adapter makes of it. */
export type Judged = FaultCase & Verdict

/** A row: the fault, and what is told of it in the other columns. Rows that say the same are put together. */
export interface Row {
  readonly name: string
  readonly cells: ReadonlyArray<string>
}

export const tableOf = (head: ReadonlyArray<string>, rows: ReadonlyArray<Row>): string => {
  const bySame = Array.groupBy(rows, ({ cells }) => cells.join(" | "))
  return [
    `| fault | ${head.join(" | ")} |`,
    `|${"---|".repeat(head.length + 1)}`,
    ...Object.entries(bySame).map(([cells, same]) => `| ${same.map(({ name }) => name).join("; ")} | ${cells} |`)
  ].join("\n")
}

/**
 * The service knows a fault by its typed error alone, so of those that look alike to it, and do the same, one is lived through.
 * `looks`: what it can tell apart of the error.
 */
export const consequencesOf = Effect.fnUntraced(function* <Case extends Judged, A, E, R>(
  faults: ReadonlyArray<Case>,
  looks: (it: Case) => ReadonlyArray<unknown>,
  live: (it: Case) => Effect.Effect<A, E, R>,
  concurrency: number
) {
  const alike = Array.groupBy(faults, (it) =>
    [it.side, it.operation, it.error, ...looks(it), takesEffect(it.fault), it.error === "none" ? it.name : ""].join()
  )
  const lived = yield* Effect.forEach(
    Object.values(alike),
    (same) => Effect.map(live(same[0]), (consequence) => same.map((it) => ({ ...it, ...consequence }))),
    { concurrency }
  )
  return lived.flat()
})

/** Holds a table to its file. */
export const compare = Effect.fnUntraced(function* (file: URL, table: string) {
  const update = yield* Config.Boolean(REGENERATE).pipe(Config.withDefault(false))
  if (update) return yield* Effect.sync(() => writeFileSync(file, table))
  assert.strictEqual(readFileSync(file, "utf8"), table, `write it anew with ${REGENERATE}=true`)
})
