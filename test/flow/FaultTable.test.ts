import { assert, describe, it } from "@effect/vitest"
import { Array, Config, Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { verdicts } from "./faultErrors.ts"
import type { Verdict } from "./faultErrors.ts"
import { live } from "./faultRun.ts"
import type { Consequence } from "./faultRun.ts"
import { callOf, cases, takesEffect } from "./faults.ts"
import type { FaultCase } from "./faults.ts"

const TABLE = new URL("./FaultTable.md", import.meta.url)
const REGENERATE = "UPDATE_FAULT_TABLE"
/** How the table is read. */
const PREFACE = `# Faults of the other side

What each fault of an operation comes to while it lasts. The error is the adapter's, for one try. *Tried again*: "yes" by itself as
long as that can help; "later" when the other side asked for a longer wait than the minute that is watched; "no, met again" when the
same call is not repeated, but a later look, poll or run makes it anew in that minute. Log lines *again and again*: three times or
more. Readiness: for Gitea what was degraded at any time, for Claude at the end. Of Gitea's calls all are here; "read repository,
renamed" is the look under the old name. Written by \`FaultTable.test.ts\` with ${REGENERATE}=true.
`
const CONCURRENCY = 8
const LIMIT = 180_000

type Row = FaultCase & Verdict & Consequence

const retried = ({ retryable, struck }: Row): string => {
  if (retryable) return struck > 1 ? "yes" : "yes, later"
  return struck > 1 ? "no, met again" : "no"
}

const cellsOf = (row: Row) => [
  row.side === "Gitea" ? callOf(row.operation).name : row.operation,
  row.error,
  retried(row),
  row.state,
  row.lines.join("; ") || "none",
  row.readiness
]

const HEAD = ["operation", "error", "tried again", "task", "log lines, warning and up", "readiness"]

const tableOf = (rows: ReadonlyArray<Row>) => {
  const bySame = Array.groupBy(rows, (row) => cellsOf(row).join(" | "))
  return [
    `| fault | ${HEAD.join(" | ")} |`,
    `|${"---|".repeat(HEAD.length + 1)}`,
    ...Object.entries(bySame).map(([cells, same]) => `| ${same.map(({ name }) => name).join("; ")} | ${cells} |`)
  ].join("\n")
}

/** The service knows a fault by its typed error alone, so of those that look alike to it, and do the same, one is lived through. */
const consequencesOf = Effect.fnUntraced(function* (faults: ReadonlyArray<FaultCase & Verdict>) {
  const alike = Array.groupBy(faults, ({ side, operation, name, error, status, retryable, retryAfter, fault }) =>
    [side, operation, error, status, retryable, retryAfter, takesEffect(fault), error === "none" ? name : ""].join()
  )
  const lived = yield* Effect.forEach(
    Object.values(alike),
    (same) => Effect.map(live(same[0]), (consequence) => same.map((it): Row => ({ ...it, ...consequence }))),
    { concurrency: CONCURRENCY }
  )
  return lived.flat()
})

describe("FaultTable", () => {
  it.effect(
    "says what every fault of the other side does",
    () =>
      Effect.gen(function* () {
        const faults = Array.zipWith(cases, yield* verdicts, (it, verdict) => ({ ...it, ...verdict }))
        const rows = yield* consequencesOf(faults)
        rows.forEach(({ attempts, doubled, name, operation, side, struck }) => {
          assert.isAbove(struck, 0, `${side} ${operation} meets ${name}`)
          assert.isAtMost(attempts, 1, `${side} ${operation}, ${name}: an outage is no attempt`)
          assert.strictEqual(doubled, 0, `${side} ${operation}, ${name}: nothing is said twice`)
        })
        const of = (side: string) => tableOf(rows.filter((row) => row.side === side))
        const table = `${PREFACE}\n## Gitea\n\n${of("Gitea")}\n\n## Claude\n\n${of("Claude")}\n`
        const update = yield* Config.Boolean(REGENERATE).pipe(Config.withDefault(false))
        if (update) return yield* Effect.sync(() => writeFileSync(TABLE, table))
        assert.strictEqual(readFileSync(TABLE, "utf8"), table, `write it anew with ${REGENERATE}=true`)
      }),
    LIMIT
  )
})
