import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { decide, Decision, Mandate, Observation } from "../../src/domain/Mandate.ts"
import { TaskState } from "../../src/domain/TaskState.ts"

const served: Mandate = { source: "timeline", id: 10 }
const newer: Mandate = { source: "timeline", id: 11 }

const observations = {
  same: Observation.Assigned({ mandate: served }),
  newer: Observation.Assigned({ mandate: newer }),
  unknown: Observation.Assigned({ mandate: null }),
  unassigned: Observation.Unassigned(),
  closed: Observation.Closed(),
  gone: Observation.Gone()
}

const nothing = Decision.Nothing()
const keep = Decision.Keep()
const create = (mandate: Mandate | null) => Decision.Create({ mandate })
const store = Decision.StoreMandate({ mandate: newer })
const again = (state: string, fresh: boolean) =>
  Decision.Restart({ mandate: newer, again: fresh, cause: `assigned again after it was ${state}` })
const cancelled = {
  unassigned: Decision.Cancel({ report: true, cause: "the issue is no longer assigned to the bot" }),
  closed: Decision.Cancel({ report: true, cause: "the issue was closed" }),
  gone: Decision.Cancel({ report: false, cause: "the issue no longer exists" })
}
const kept = { unassigned: keep, closed: keep, gone: keep }

/** The mandate table: a row for each state (or no task), a column for each observation. */
const table: Record<TaskState | "none", Record<keyof typeof observations, Decision>> = {
  none: {
    same: create(served),
    newer: create(newer),
    unknown: create(null),
    unassigned: nothing,
    closed: nothing,
    gone: nothing
  },
  ready: { same: keep, newer: store, unknown: keep, ...cancelled },
  running: { same: keep, newer: store, unknown: keep, ...cancelled },
  answered: { same: keep, newer: again("answered", true), unknown: keep, ...kept },
  parked: { same: keep, newer: again("parked", false), unknown: keep, ...cancelled },
  completed: { same: keep, newer: again("completed", true), unknown: keep, ...kept },
  failed: { same: keep, newer: again("failed", true), unknown: keep, ...kept },
  cancelled: { same: keep, newer: again("cancelled", true), unknown: keep, ...kept }
}

const states: ReadonlyArray<TaskState | "none"> = [...TaskState.literals, "none"]
const columns = Schema.Literals(["same", "newer", "unknown", "unassigned", "closed", "gone"]).literals
const cells = states.flatMap((state) => columns.map((column) => ({ state, column })))

const observed = Arbitrary.map(
  Arbitrary.schema(
    Schema.Struct({
      kind: Schema.Literals(["Assigned", "Unassigned", "Closed", "Gone"]),
      mandate: Schema.NullOr(Mandate)
    })
  ),
  ({ kind, mandate }): Observation => (kind === "Assigned" ? Observation.Assigned({ mandate }) : Observation[kind]())
)
const anyTask = Schema.Struct({ state: TaskState, mandate: Schema.NullOr(Mandate) })

describe("decide", () => {
  it.each(cells)("$state, $column", ({ state, column }) => {
    const task = state === "none" ? null : { state, mandate: served }
    assert.deepStrictEqual(decide(task, observations[column]), table[state][column])
  })

  it.each(TaskState.literals)("takes an older mandate than that of a %s task for nothing new", (state) => {
    const older = Observation.Assigned({ mandate: { source: "timeline", id: 9 } })
    assert.deepStrictEqual(decide({ state, mandate: served }, older), keep)
  })

  it.each([
    { from: "delivery", to: "timeline" },
    { from: "timeline", to: "delivery" }
  ] as const)("takes a mandate from the $to as newer than any from the $from", ({ from, to }) => {
    const mandate: Mandate = { source: to, id: 1 }
    assert.deepStrictEqual(
      decide({ state: "parked", mandate: { source: from, id: 1_000 } }, Observation.Assigned({ mandate })),
      Decision.Restart({ mandate, again: false, cause: "assigned again after it was parked" })
    )
  })

  it("takes any mandate as newer than an unknown one", () => {
    assert.deepStrictEqual(decide({ state: "running", mandate: null }, observations.newer), store)
  })

  it.prop("answers every task and every observation", [anyTask, observed], ([task, observation]) => {
    const decision = decide(task, observation)
    assert.notStrictEqual(decision._tag, "Nothing")
    assert.notStrictEqual(decision._tag, "Create")
    assert.include(["Nothing", "Create"], decide(null, observation)._tag)
  })

  it.prop("starts ended work again for nothing but a newer mandate", [anyTask, observed], ([task, observation]) => {
    const ended = ["completed", "failed", "cancelled"].includes(task.state)
    const decision = decide(task, observation)
    if (!ended || decision._tag === "Keep") return
    assert.isTrue(Decision.$is("Restart")(decision) && decision.again)
    assert.isTrue(Observation.$is("Assigned")(observation) && observation.mandate !== null)
    assert.deepStrictEqual(
      decide({ ...task, mandate: Decision.$is("Restart")(decision) ? decision.mandate : null }, observation),
      keep
    )
  })
})
