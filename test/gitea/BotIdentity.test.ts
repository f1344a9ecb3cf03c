import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import type { User } from "../../src/domain/User.ts"
import { BotIdentity } from "../../src/gitea/BotIdentity.ts"
import { fromStatus } from "../../src/gitea/GiteaError.ts"
import type { GiteaError } from "../../src/gitea/GiteaError.ts"
import type { SettingsValues } from "../../src/Settings.ts"
import { SetupFaults } from "../../src/telemetry/SetupFaults.ts"
import { BOT } from "../harness/Deliveries.ts"
import { logged } from "../harness/Logged.ts"
import { mocks } from "../harness/Mocks.ts"
import { settings } from "../harness/TestSettings.ts"

const DOWN = fromStatus("ask who the bot is", 503, undefined)

/** The identity where Gitea gives these answers, one after the other, the last for ever; `lines` gets the log. */
const identity = (
  answers: ReadonlyArray<User | GiteaError>,
  lines: Array<string> = [],
  overrides: Partial<SettingsValues> = {}
) => {
  let asked = 0
  const whoAmI = Effect.suspend(() => {
    const answer = answers[Math.min(asked, answers.length - 1)]
    asked += 1
    if (answer === undefined) return Effect.die("nobody must be asked")
    return "login" in answer ? Effect.succeed(answer) : Effect.fail(answer)
  })
  return BotIdentity.layer.pipe(
    Layer.provide(
      Layer.mergeAll(
        mocks.Gitea({ whoAmI, scopes: Effect.succeed(null), lacking: Effect.succeed(null) }),
        settings(overrides),
        logged(lines)
      )
    )
  )
}

/** Whether work may wait no longer. */
const isConfirmed = Effect.gen(function* () {
  const { confirmed } = yield* BotIdentity
  const fiber = yield* Effect.forkChild(confirmed, { startImmediately: true })
  yield* TestClock.adjust("1 millis")
  const known = fiber.pollUnsafe() !== undefined
  yield* Fiber.interrupt(fiber)
  return known
})

describe("BotIdentity", () => {
  it.effect("is known by login until Gitea confirms it, whatever the letter case, and then by id", () =>
    Effect.gen(function* () {
      const { confirmed, current, problem } = yield* BotIdentity
      assert.deepStrictEqual(yield* current, { login: "press-bot", id: null })
      assert.strictEqual(yield* problem, "Gitea has not answered yet")
      assert.deepStrictEqual(yield* confirmed, { ...BOT, login: "Press-Bot" })
      assert.deepStrictEqual(yield* current, { ...BOT, login: "Press-Bot" })
      assert.isNull(yield* problem)
    }).pipe(Effect.provide(identity([{ ...BOT, login: "Press-Bot" }])))
  )

  it.effect("is never confirmed when the token belongs to somebody else, and says whose it is", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const { current, problem } = yield* BotIdentity
      yield* TestClock.adjust("1 hour")
      assert.isFalse(yield* isConfirmed)
      const why =
        "GITEA_TOKEN belongs to mira, not to GITEA_BOT_USERNAME press-bot: " +
        "nothing is started until one of them is set to match the other; " +
        "if the bot was renamed, set GITEA_BOT_USERNAME to mira"
      assert.strictEqual(yield* problem, why)
      assert.deepStrictEqual(lines, [`Error ${why}`])
      assert.deepStrictEqual(yield* current, { login: "press-bot", id: null })
    }).pipe(Effect.provide(identity([{ id: 3, login: "mira" }], lines)))
  })

  it.effect("is confirmed without a restart once the bot has its name again", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      yield* TestClock.adjust("30 seconds")
      assert.isTrue(yield* isConfirmed)
      assert.isNull(yield* (yield* BotIdentity).problem)
      assert.lengthOf(lines, 1)
    }).pipe(Effect.provide(identity([{ ...BOT, login: "old-bot" }, BOT], lines)))
  })

  it.effect("goes on under its new name when it is renamed, and says what the next start would make of that", () => {
    const lines: Array<string> = []
    const RENAMED = { ...BOT, login: "new-bot" }
    return Effect.gen(function* () {
      const { current, problem } = yield* BotIdentity
      const { standing } = yield* SetupFaults
      yield* TestClock.adjust("20 minutes")
      assert.isTrue(yield* isConfirmed)
      assert.isNull(yield* problem)
      assert.deepStrictEqual(yield* current, RENAMED)
      assert.deepStrictEqual(lines, ["Warn The bot was renamed"])
      const [mistake, ...others] = yield* standing
      assert.isEmpty(others)
      assert.include(mistake?.why, "the bot is called new-bot now, and GITEA_BOT_USERNAME says press-bot")
      yield* TestClock.adjust("5 minutes")
      assert.isEmpty(yield* standing)
    }).pipe(
      Effect.provide(
        identity([BOT, RENAMED, RENAMED, RENAMED, RENAMED, BOT], lines).pipe(Layer.provideMerge(SetupFaults.layer))
      )
    )
  })

  it.effect("is asked for again every half minute while Gitea is down, with one log line", () => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const { current, problem } = yield* BotIdentity
      yield* TestClock.adjust("59 seconds")
      assert.isFalse(yield* isConfirmed)
      assert.strictEqual(yield* problem, DOWN.message)
      yield* TestClock.adjust("1 seconds")
      assert.isTrue(yield* isConfirmed)
      assert.isNull(yield* problem)
      assert.deepStrictEqual(yield* current, BOT)
      assert.deepStrictEqual(lines, ["Warn Cannot ask Gitea who the bot is"])
    }).pipe(Effect.provide(identity([DOWN, DOWN, BOT], lines)))
  })

  it.effect("is nobody's to confirm without a token", () =>
    Effect.gen(function* () {
      const { current, problem } = yield* BotIdentity
      yield* TestClock.adjust("1 hour")
      assert.isFalse(yield* isConfirmed)
      assert.strictEqual(yield* problem, "GITEA_TOKEN is not set")
      assert.deepStrictEqual(yield* current, { login: "press-bot", id: null })
    }).pipe(Effect.provide(identity([], [], { giteaToken: null })))
  )
})
