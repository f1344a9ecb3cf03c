import { assert, describe, it } from "@effect/vitest"
import { Array, Effect } from "effect"
import { verdictsOf } from "./faultErrors.ts"
import { live } from "./faultRun.ts"
import type { Consequence } from "./faultRun.ts"
import { callOf, cases } from "./faults.ts"
import { compare, consequencesOf, REGENERATE, tableOf } from "./faultTable.ts"
import type { Judged } from "./faultTable.ts"

const TABLE = new URL("./FaultTable.md", import.meta.url)
/** How the table is read. */
const PREFACE = `# Faults of the other side

What each fault of an operation comes to while it lasts. The error is the adapter's, for one try. *Tried again*: "yes" by itself as
long as that can help; "later" when the other side asked for a longer wait than the minute that is watched; "no, met again" when the
same call is not repeated, but a later look, poll or run makes it anew in that minute. Log lines *again and again*: three times or
more. Readiness: for Gitea what was degraded at any time, for Claude at the end. Of Gitea's calls all are here but those about code,
which have a table of their own; "read repository, renamed" is the look under the old name. Written by \`FaultTable.test.ts\`
with ${REGENERATE}=true.
`
const CONCURRENCY = 8
const LIMIT = 180_000

type Lived = Judged & Consequence

const retried = ({ retryable, struck }: Lived): string => {
  if (retryable) return struck > 1 ? "yes" : "yes, later"
  return struck > 1 ? "no, met again" : "no"
}

const cellsOf = (row: Lived) => [
  row.side === "Gitea" ? callOf(row.operation).name : row.operation,
  row.error,
  retried(row),
  row.state,
  row.lines.join("; ") || "none",
  row.readiness
]

const HEAD = ["operation", "error", "tried again", "task", "log lines, warning and up", "readiness"]

/** What the service can tell apart. */
const looks = ({ retryAfter, retryable, status }: Judged) => [status, retryable, retryAfter]

describe("FaultTable", () => {
  it.effect(
    "says what every fault of the other side does",
    () =>
      Effect.gen(function* () {
        const faults = Array.zipWith(cases, yield* verdictsOf(cases), (it, verdict) => ({ ...it, ...verdict }))
        const rows = yield* consequencesOf(faults, looks, live, CONCURRENCY)
        rows.forEach(({ attempts, doubled, name, operation, side, struck }) => {
          assert.isAbove(struck, 0, `${side} ${operation} meets ${name}`)
          assert.isAtMost(attempts, 1, `${side} ${operation}, ${name}: an outage is no attempt`)
          assert.strictEqual(doubled, 0, `${side} ${operation}, ${name}: nothing is said twice`)
        })
        const of = (side: string) =>
          tableOf(
            HEAD,
            rows.filter((row) => row.side === side).map((row) => ({ name: row.name, cells: cellsOf(row) }))
          )
        const table = `${PREFACE}\n## Gitea\n\n${of("Gitea")}\n\n## Claude\n\n${of("Claude")}\n`
        yield* compare(TABLE, table)
      }),
    LIMIT
  )
})
