import { NodeCrypto } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Array, Effect, Layer, Logger, Record, Schedule } from "effect"
import { GiteaRetry } from "../../src/gitea/GiteaClient.ts"
import type { GiteaError } from "../../src/gitea/GiteaError.ts"
import { Live } from "../pull/scene.ts"
import { codeWork, GOES_ON } from "./codeFaults.ts"
import type { CodeConsequence } from "./codeFaults.ts"
import { verdictsOf } from "./faultErrors.ts"
import type { Verdict } from "./faultErrors.ts"
import { makeFetch } from "./faultFetch.ts"
import { callOf, codeCases, codeOperations } from "./faults.ts"
import type { CodeOperation } from "./faults.ts"
import { compare, consequencesOf, REGENERATE, tableOf } from "./faultTable.ts"

const TABLE = new URL("./CodeFaultTable.md", import.meta.url)
/** How the table is read. */
const PREFACE = `# Faults of Gitea during the work on code

What each fault of a call about the code of a repository comes to. The error is the adapter's, for one try; "none" is an answer that
says no. *Tried again*: by the adapter itself. *Task*: what the run comes to that meets it. A pause is no attempt, and the task goes on
by itself once Gitea is well again. Written by \`CodeFaultTable.test.ts\` with ${REGENERATE}=true; all other calls are in
[the fault table](FaultTable.md).
`
const HEAD = ["operation", "error", "tried again", "task"]
const LIMIT = 120_000

/** Calls of the step that ends with one open pull request. */
const HANDED_IN: ReadonlyArray<CodeOperation> = ["createPull", "setStatus", "openPullsToHandIn", "editPull"]

type Code = (typeof codeCases)[number]

/** As often as the adapter tries, without its waits. */
const AtOnce = Layer.succeed(
  GiteaRetry,
  Schedule.recurs(4).pipe(
    Schedule.setInputType<GiteaError>(),
    Schedule.while(({ input }) => input.retryable)
  )
)

/** What the work on code can tell apart: how long to wait is the adapter's business. */
const looks = ({ retryable, status }: Verdict) => [retryable || status]

const cellsOf = ({ error, operation, struck, task }: Code & Verdict & CodeConsequence) => [
  callOf(operation).name,
  error,
  struck > 1 ? "yes" : "no",
  task
]

describe("CodeFaultTable", () => {
  const wire = makeFetch()

  it.live(
    "says what every fault of a call about code does",
    () =>
      Effect.gen(function* () {
        const faults = Array.zipWith(codeCases, yield* verdictsOf(codeCases), (it, verdict) => ({ ...it, ...verdict }))
        const { before, live, recovered } = yield* codeWork(wire)
        const rows = yield* Effect.forEach(Record.keys(codeOperations), (operation) =>
          Effect.gen(function* () {
            yield* before(operation)
            const these = faults.filter((it) => it.operation === operation)
            const lived = yield* consequencesOf(these, looks, live, 1)
            lived.forEach(({ isAttempt, name, pulls, struck }) => {
              assert.isAbove(struck, 0, `${operation} meets ${name}`)
              assert.isFalse(isAttempt, `${operation}, ${name}: an outage is no attempt`)
              assert.isAtMost(pulls, 1, `${operation}, ${name}: one pull request at most`)
            })
            const { pulls, task } = yield* recovered(operation)
            assert.strictEqual(task, GOES_ON, `${operation}: goes on once all is well`)
            if (HANDED_IN.includes(operation)) assert.strictEqual(pulls, 1, `${operation}: one pull request`)
            return lived
          })
        )
        const table = tableOf(
          HEAD,
          rows.flat().map((row) => ({ name: row.name, cells: cellsOf(row) }))
        )
        yield* compare(TABLE, `${PREFACE}\n${table}\n`)
      }).pipe(
        Effect.provide(
          Live.pipe(Layer.provideMerge(Layer.mergeAll(wire.layer, AtOnce, NodeCrypto.layer, Logger.layer([]))))
        )
      ),
    LIMIT
  )
})
