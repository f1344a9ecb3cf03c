import { assert, describe, it } from "@effect/vitest"
import { Array, Config, Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { verdicts } from "./faultErrors.ts"
import type { Verdict } from "./faultErrors.ts"
import { live } from "./faultRun.ts"
import type { Consequence } from "./faultRun.ts"
import { cases } from "./faults.ts"
import type { FaultCase } from "./faults.ts"

const TABLE = new URL("./FaultTable.md", import.meta.url)
const REGENERATE = "UPDATE_FAULT_TABLE"
const CONCURRENCY = 6
const LIMIT = 120_000

const retried = ({ retryable }: Verdict, { struck }: Consequence): string => {
  if (retryable) return struck > 1 ? "yes" : "yes, later"
  return struck > 1 ? "no, met again" : "no"
}

const cellsOf = ([{ operation }, verdict, consequence]: readonly [FaultCase, Verdict, Consequence]) => [
  operation,
  verdict.error,
  retried(verdict, consequence),
  consequence.state,
  consequence.lines.join("; ") || "none",
  consequence.readiness
]

const HEAD = ["operation", "error", "tried again", "task", "log lines, warning and up", "readiness"]

const tableOf = (rows: ReadonlyArray<readonly [FaultCase, Verdict, Consequence]>) => {
  const bySame = Array.groupBy(rows, (row) => cellsOf(row).join(" | "))
  return [
    `| fault | ${HEAD.join(" | ")} |`,
    `|${"---|".repeat(HEAD.length + 1)}`,
    ...Object.entries(bySame).map(([cells, same]) => `| ${same.map(([{ name }]) => name).join("<br>")} | ${cells} |`)
  ].join("\n")
}

describe("FaultTable", () => {
  it.effect(
    "says what every fault of the other side does",
    () =>
      Effect.gen(function* () {
        const [errors, consequences] = yield* Effect.all(
          [verdicts, Effect.forEach(cases, live, { concurrency: CONCURRENCY })],
          { concurrency: 2 }
        )
        const rows = Array.zip(Array.zip(cases, errors), consequences).map(
          ([[it, verdict], consequence]) => [it, verdict, consequence] as const
        )
        rows.forEach(([{ name, operation, side }, , { attempts, struck }]) => {
          assert.isAbove(struck, 0, `${side} ${operation} meets ${name}`)
          assert.isAtMost(attempts, 1, `${side} ${operation}, ${name}: an outage is no attempt`)
        })
        const of = (side: string) => tableOf(rows.filter(([it]) => it.side === side))
        const table = `# Faults of the other side\n\n## Gitea\n\n${of("Gitea")}\n\n## Claude\n\n${of("Claude")}\n`
        const update = yield* Config.Boolean(REGENERATE).pipe(Config.withDefault(false))
        if (update) return yield* Effect.sync(() => writeFileSync(TABLE, table))
        assert.strictEqual(readFileSync(TABLE, "utf8"), table, `write it anew with ${REGENERATE}=true`)
      }),
    LIMIT
  )
})
