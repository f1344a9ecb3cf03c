import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Briefing } from "../../src/domain/Briefing.ts"
import { estimateTokens } from "../../src/domain/ContextUsage.ts"
import { SessionRunner } from "../../src/session/SessionRunner.ts"
import type { Desk, Workplace } from "../../src/session/Workplace.ts"
import { WORK_PROMPT } from "../../src/domain/Prompt.ts"
import { issue } from "../harness/Deliveries.ts"
import { reply, toolUse, usage } from "../harness/Models.ts"
import { read } from "../harness/StoreReader.ts"
import { claimed, claude, finish, inOrder, workbench } from "../harness/Workbench.ts"

const LIMIT = 20_000
const briefing: Briefing = {
  place: "branch main of acme/shop",
  checks: ["npm test"],
  guessed: false,
  setup: null,
  paths: [],
  remarks: [],
  advice: [{ from: "AGENTS.md", text: "Use tabs." }],
  saved: null
}

/** A checkout whose tools all say this. */
const workplaceOf = (said: string, desk: Partial<Desk> = {}): Workplace => ({
  definitions: [
    { name: "bash", description: "Runs a command.", input_schema: {} },
    { name: "run_checks", description: "Runs the checks.", input_schema: {} }
  ],
  remark: null,
  open: () =>
    Effect.succeed({
      briefing,
      call: () => Effect.succeed({ text: said, isError: false }),
      save: Effect.void,
      finish: Effect.succeed({ text: "finished", isError: false }),
      ...desk
    })
})

const work = (workplace: Workplace) =>
  Effect.gen(function* () {
    const claim = yield* claimed
    return yield* (yield* SessionRunner).run({
      claim,
      issue: issue(),
      sight: Effect.succeed(null),
      look: Effect.void,
      workplace,
      stopping: Effect.succeed(false)
    })
  })

const calls = Array.from({ length: 10 }, (_, at) => toolUse("bash", { command: "x" }, `toolu_${at}`))
const resultsIn = (message: { readonly content: ReadonlyArray<Readonly<Record<string, unknown>>> } | undefined) =>
  (message?.content ?? []).map(({ content }) => String(content))

describe("A session with a workplace", () => {
  const model = () =>
    claude({
      turn: inOrder(reply(calls, { usage: usage(1_000, 100) }), finish("done")),
      count: () => Effect.succeed(1_100)
    })
  const on = (script: ReturnType<typeof model>) =>
    Effect.provide(workbench({ claude: script, settings: { contextLimit: LIMIT } }))

  it.effect("is told of it in its first prompt, within the share of any first prompt", () => {
    const script = model()
    return Effect.gen(function* () {
      yield* work(workplaceOf("ok"))
      const [first] = script.paid()
      assert.strictEqual(first?.request.system, WORK_PROMPT)
      const prompt = String(first?.request.messages[0]?.content[0]?.["text"])
      assert.match(prompt, /^Issue inkwell\/letterpress#57[^]*checkout of branch main of acme\/shop[^]*Use tabs\./)
      assert.isAtMost(estimateTokens(prompt), LIMIT / 4)
    }).pipe(on(script))
  })

  it.effect("clips results by what the ones before them left of their reply's share", () => {
    const script = model()
    return Effect.gen(function* () {
      yield* work(workplaceOf("x".repeat(12_000)))
      const sizes = resultsIn(script.paid()[1]?.request.messages.at(-1)).map(estimateTokens)
      assert.strictEqual(sizes[0], 4_000)
      assert.isAtMost(
        sizes.reduce((all, size) => all + size, 0),
        LIMIT * 0.7
      )
      assert.isTrue(sizes.every((size) => size > 0))
    }).pipe(on(script))
  })

  it.effect("counts results for its context as they are appended, before anything is paid for", () => {
    const script = model()
    return Effect.gen(function* () {
      yield* work(workplaceOf("x".repeat(1_500)))
      const samples = yield* read("samples", ["used", "source", "by"])
      const estimate = samples.find(({ source }) => source === "estimate")
      assert.isAtLeast(estimate?.used ?? 0, 1_100 + 10 * 500)
      assert.strictEqual(estimate?.by, "request")
    }).pipe(on(script))
  })

  it.effect("takes work for done when the checks have passed, and not before", () => {
    const script = claude({ turn: inOrder(finish("first"), finish("second")), count: () => Effect.succeed(1_100) })
    let tries = 0
    const handIn = Effect.sync(() => ({ text: "The checks failed.", isError: ++tries === 1 }))
    return Effect.gen(function* () {
      assert.deepInclude(yield* work(workplaceOf("", { finish: handIn })), { to: "completed", answer: "second" })
    }).pipe(on(script))
  })
})
