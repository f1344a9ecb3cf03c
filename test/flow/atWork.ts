import { assert } from "@effect/vitest"
import { Effect, Latch, Layer } from "effect"
import { ModelClient } from "../../src/anthropic/ModelClient.ts"
import { Readiness } from "../../src/operator/Readiness.ts"
import type { TaskState } from "../../src/domain/TaskState.ts"
import type { SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { EvenRandom } from "../harness/EvenRandom.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { mocks } from "../harness/Mocks.ts"
import { MODEL_INFO, reply, toolUse } from "../harness/Models.ts"
import { soon } from "../harness/Soon.ts"
import { makeWire } from "../harness/Wire.ts"

const noted = reply([toolUse("progress", { done: "read the issue", next: "answer" })])

/** Claude whose first turns are answered at once, and whose later ones once the gate is open; without a clock of its own. */
const gatedClaude = (answer: string) => {
  const finished = reply([toolUse("finish", { answer, status: "done" })])
  const gate = Latch.makeUnsafe()
  const turns = { first: 0, later: 0 }
  const anthropic = mocks.Anthropic({
    keyless: null,
    info: () => Effect.succeed(MODEL_INFO),
    count: () => Effect.succeed(1_000),
    turn: ({ messages }) =>
      Effect.suspend(() => {
        turns[messages.length === 1 ? "first" : "later"] += 1
        return messages.length === 1 ? Effect.succeed(noted) : Effect.as(gate.await, finished)
      })
  })
  return { gate, turns, model: ModelClient.layerNoDeps.pipe(Layer.provide(anthropic)) }
}

/** A server under a test clock with room for one run, whose Claude is gated. */
export const gatedServer = (answer = "Use an index.") => {
  const { gate, model, turns } = gatedClaude(answer)
  const { layer, pass } = makeWire()
  const whole = harness({ model, settings: { maxConcurrentAgents: 1 } }).pipe(Layer.provide([layer, EvenRandom]))
  return { gate, turns, pass, layer: whole }
}

/** Two issues assigned to the bot: one that is worked, in its second turn, and one that waits for it. */
export const atWork = Effect.fnUntraced(function* (
  repository: string,
  { turns }: Pick<ReturnType<typeof gatedServer>, "turns">
) {
  const it = yield* flow
  const { gitea, hurry, task, unsaid } = it
  const readiness = yield* Readiness
  yield* gitea.createRepository(repository)
  const assigned = (title: string) =>
    gitea.openIssue({ repository, title, body: "", by: "ada", assignees: [gitea.bot.login] })
  const until = (issue: SandboxIssue, state: TaskState) =>
    soon(`issue ${issue.number} is ${state}`, task(issue), (row) => row?.state === state)
  const said = soon("all comments are written", Effect.andThen(hurry, unsaid), (count) => count === 0)

  const before = turns.later
  const running = yield* assigned("Running")
  yield* soon(
    "it is at its second turn",
    Effect.sync(() => turns.later),
    (count) => count > before
  )
  const waiting = yield* assigned("Waiting")
  yield* until(waiting, "ready")
  yield* said
  const both = [running, waiting] as const
  return {
    ...it,
    assigned,
    until,
    said,
    running,
    waiting,
    both,
    views: Effect.forEach(both, task),
    states: Effect.map(Effect.forEach(both, task), (all) => all.map((row) => row?.state)),
    readiness: readiness.report,
    writes: Effect.map(gitea.requests, (all) => all.filter(({ method }) => method !== "GET")),
    /** Completed, with one progress comment and one report. */
    worked: Effect.fnUntraced(function* (issue: SandboxIssue, round = 1) {
      yield* until(issue, "completed")
      yield* said
      assert.lengthOf(yield* it.progress(issue), 1)
      assert.lengthOf(yield* it.report(issue, round), 1)
    })
  }
})
