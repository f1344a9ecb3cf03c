import { assert, describe, layer } from "@effect/vitest"
import { Array, Effect } from "effect"
import { TaskState } from "../../src/domain/TaskState.ts"
import { flow, gatedGitea, taskIdOfIssue } from "../harness/Flow.ts"
import type { TaskView } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"

const STATES = ["none", ...TaskState.literals] as const
const SIGHTS = ["same", "newer", "not assigned", "closed", "deleted"] as const
const CREATED = "ready, generation 1, same mandate"

const keeps = (state: TaskState, mandate = "same") => `${state}, generation 1, ${mandate} mandate`
const ended = (state: TaskState) => ({
  same: keeps(state),
  newer: "ready, generation 2, newer mandate, attempts 0",
  "not assigned": keeps(state),
  closed: keeps(state),
  deleted: keeps(state)
})
const cancelled = { "not assigned": keeps("cancelled"), closed: keeps("cancelled"), deleted: keeps("cancelled") }

/** The table of the design: what becomes of a task in a state (row) once its issue was seen so (column). */
const TABLE: Readonly<Record<(typeof STATES)[number], Readonly<Record<(typeof SIGHTS)[number], string>>>> = {
  none: { same: CREATED, newer: CREATED, "not assigned": "none", closed: "none", deleted: "none" },
  ready: { same: keeps("ready"), newer: keeps("ready", "newer"), ...cancelled },
  running: { same: keeps("running"), newer: keeps("running", "newer"), ...cancelled },
  parked: { same: keeps("parked"), newer: `${keeps("ready", "newer")}, attempts 0`, ...cancelled },
  answered: ended("answered"),
  completed: ended("completed"),
  failed: ended("failed"),
  cancelled: ended("cancelled")
}

const tell = (before: TaskView | undefined, after: TaskView | undefined): string => {
  if (after === undefined) return "none"
  const mandate = before !== undefined && before.mandateId !== after.mandateId ? "newer" : "same"
  const again = before !== undefined && before.state !== "ready" && after.state === "ready"
  return [
    after.state,
    `generation ${after.generation}`,
    `${mandate} mandate`,
    ...(again ? [`attempts ${after.attempts}`] : [])
  ].join(", ")
}

const gate = gatedGitea()

describe("Mandate table", () => {
  layer(harness({ gitea: gate.layer, settings: { enabled: false } }), { excludeTestServices: true })((it) => {
    it.effect("holds in every cell, from the hook to the task", () =>
      Effect.gen(function* () {
        const { gitea, said, settled, store, task } = yield* flow
        const bot = gitea.bot.login
        yield* gitea.createRepository("acme/shop")
        const cells = yield* Effect.forEach(Array.cartesian(STATES, SIGHTS), ([state, sight]) =>
          Effect.map(
            gitea.openIssue({
              repository: "acme/shop",
              title: `${state}, ${sight}`,
              body: "",
              assignees: state === "none" ? [] : [bot]
            }),
            (issue) => ({ state, sight, issue })
          )
        )
        yield* settled
        yield* said
        yield* Effect.forEach(cells, ({ issue, state }) =>
          state === "none" ? Effect.void : store.alter("tasks", { state, attempts: 2 }, { id: taskIdOfIssue(issue) })
        )
        const before = yield* Effect.forEach(cells, ({ issue }) => task(issue))

        // One look sees all that happened while it was held back.
        yield* gate.before.close
        yield* Effect.forEach(cells, ({ issue, sight, state }) =>
          Effect.gen(function* () {
            if (state === "none") yield* gitea.assign(issue, bot)
            if (sight === "same") yield* gitea.edit(issue, { body: "more" })
            if (sight === "newer" || sight === "not assigned") yield* gitea.unassign(issue, bot)
            if (sight === "newer") yield* gitea.assign(issue, bot)
            if (sight === "closed") yield* gitea.close(issue)
            if (sight === "deleted") yield* gitea.remove(issue)
          })
        )
        yield* gitea.drained
        yield* gate.before.open
        yield* settled

        const after = yield* Effect.forEach(cells, ({ issue }) => task(issue))
        const seen = cells.map(({ sight, state }, index) => [`${state}, ${sight}`, tell(before[index], after[index])])
        const wanted = cells.map(({ sight, state }) => [`${state}, ${sight}`, TABLE[state][sight]])
        assert.deepStrictEqual(seen, wanted)
      })
    )
  })
})
