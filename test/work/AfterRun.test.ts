import { assert, describe, it } from "@effect/vitest"
import { Cause, Duration, Exit } from "effect"
import { ModelSpendLimit, ModelUnavailable, ModelUnfit } from "../../src/anthropic/ModelError.ts"
import { parked } from "../../src/domain/Outcome.ts"
import { fromStatus, noAnswer } from "../../src/gitea/GiteaError.ts"
import { WorkplaceFailed } from "../../src/session/Workplace.ts"
import { StoreUnavailable } from "../../src/storage/StoreUnavailable.ts"
import { LeaseLost } from "../../src/task/Lease.ts"
import { AfterRun, afterRun, afterSession, isOutside, isRefusal } from "../../src/work/AfterRun.ts"
import type { RunError } from "../../src/work/AfterRun.ts"
import { TASK } from "../harness/Workbench.ts"
import { done } from "./support.ts"

const outage = new ModelUnavailable({ operation: "turn", requestId: null, kind: "connection" })
const spent = new ModelSpendLimit({ operation: "turn", requestId: null, code: "billing_error" })
const unfit = new ModelUnfit({ operation: "turn", requestId: null, detail: "no such model" })
const moved = fromStatus("read comments", 301, undefined)
const refused = fromStatus("read comments", 403, undefined)

const workplace = (kind: WorkplaceFailed["kind"]) => new WorkplaceFailed({ why: "git: fetch failed", kind })
const unauthorized = workplace("refusal")
const persons = workplace("person")

const pause = (seconds: number) => AfterRun.Release({ rest: Duration.seconds(seconds), as: "pause" })
const leave = AfterRun.Leave()
const needsPerson = ({ message }: RunError) => AfterRun.Move({ outcome: parked(message) })

interface Case {
  readonly when: string
  readonly error: RunError
  /** What follows at the first refusal, and at the thirteenth. */
  readonly first: AfterRun
  readonly last: AfterRun
}

const cases: ReadonlyArray<Case> = [
  { when: "Claude is away", error: outage, first: pause(30), last: pause(30) },
  { when: "the money is spent", error: spent, first: pause(5), last: pause(5) },
  { when: "the model is unknown", error: unfit, first: pause(5), last: pause(5) },
  { when: "Gitea is away", error: noAnswer("read issue", "no route"), first: pause(30), last: pause(30) },
  { when: "Gitea is overloaded", error: fromStatus("read issue", 503, undefined), first: pause(30), last: pause(30) },
  {
    when: "the token is refused",
    error: fromStatus("read issue", 401, undefined),
    first: pause(300),
    last: pause(300)
  },
  { when: "the repository was renamed", error: moved, first: pause(5), last: needsPerson(moved) },
  { when: "Gitea refuses", error: refused, first: pause(300), last: needsPerson(refused) },
  { when: "Gitea's git is away", error: workplace("outage"), first: pause(30), last: pause(30) },
  { when: "Gitea's git refuses the token", error: unauthorized, first: pause(300), last: needsPerson(unauthorized) },
  { when: "a person has to see to it", error: persons, first: needsPerson(persons), last: needsPerson(persons) },
  { when: "the lease is lost", error: new LeaseLost({ task: TASK }), first: leave, last: leave },
  { when: "the store fails", error: new StoreUnavailable({ cause: "disk" }), first: leave, last: leave }
]

describe("afterRun", () => {
  it.each(cases)("decides what follows when $when", ({ error, first, last }) => {
    const refusals = isRefusal(error) ? 1 : 0
    assert.deepStrictEqual(afterRun(Exit.fail(error), refusals), first)
    assert.deepStrictEqual(afterRun(Exit.fail(error), 13 * refusals), last)
    assert.strictEqual(isOutside(error), first._tag !== "Leave")
  })

  it("does what a run that went well says", () => {
    const move = AfterRun.Move({ outcome: done })
    assert.deepStrictEqual(afterRun(Exit.succeed(move), 0), move)
  })

  it("counts a fault as an attempt, and an interruption as nothing", () => {
    assert.deepStrictEqual(
      afterRun(Exit.die("a fault"), 0),
      AfterRun.Release({ rest: Duration.seconds(5), as: "attempt" })
    )
    assert.deepStrictEqual(afterRun(Exit.failCause(Cause.interrupt(1)), 0), pause(0))
  })

  it("moves a task whose session has an outcome, and hands one out again that was stopped", () => {
    assert.deepStrictEqual(afterSession(done), AfterRun.Move({ outcome: done }))
    assert.deepStrictEqual(afterSession(null), pause(0))
  })

  it("takes only what Gitea says of one issue for a refusal", () => {
    const refusals = cases.filter(({ error }) => isRefusal(error)).map(({ when }) => when)
    assert.deepStrictEqual(refusals, ["the repository was renamed", "Gitea refuses", "Gitea's git refuses the token"])
  })
})
