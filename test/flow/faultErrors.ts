import { Duration, Effect, Fiber, Layer, Redacted, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import { FullName } from "../../src/domain/Repository.ts"
import { Gitea } from "../../src/gitea/Gitea.ts"
import { GiteaRetry } from "../../src/gitea/GiteaRetry.ts"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { MAX_OUTPUT, request } from "../anthropic/support.ts"
import { eventually } from "../harness/Eventually.ts"
import { settings } from "../harness/TestSettings.ts"
import { cases, giteaOperations } from "./faults.ts"
import type { FaultCase } from "./faults.ts"

/** What an adapter makes of a fault: the error's name and what tells it from others of that name, and whether to try again. */
export interface Verdict {
  readonly error: string
  readonly retryable: boolean
}

const REPOSITORY = FullName.make("acme/shop")

/** The adapters themselves, one try per call. */
const Adapters = Layer.mergeAll(Gitea.layer, Anthropic.layer).pipe(
  Layer.provide(Layer.succeed(GiteaRetry, { schedule: Schedule.recurs(0) })),
  Layer.provide(
    Layer.unwrap(
      Effect.gen(function* () {
        const gitea = yield* SandboxGitea
        const claude = yield* SandboxClaude
        return settings({
          giteaUrl: gitea.url,
          giteaToken: Redacted.make(gitea.bot.token),
          anthropicUrl: claude.url,
          anthropicKey: Redacted.make(claude.apiKey)
        })
      })
    )
  ),
  Layer.provideMerge(Layer.mergeAll(SandboxGitea.layer, SandboxClaude.layer)),
  Layer.orDie
)

const suffered = Effect.gen(function* () {
  const gitea = yield* Gitea
  const anthropic = yield* Anthropic
  const sandboxGitea = yield* SandboxGitea
  const sandboxClaude = yield* SandboxClaude
  yield* sandboxGitea.createRepository(REPOSITORY)
  const { number } = yield* sandboxGitea.openIssue({ repository: REPOSITORY, title: "Slow search", body: "" })

  const giteaCalls = {
    "ask who the bot is": gitea.whoAmI,
    "read issue": gitea.issue(REPOSITORY, number),
    "read timeline": gitea.timeline(REPOSITORY, number),
    "read comments": gitea.comments(REPOSITORY, number),
    "create comment": gitea.createComment(REPOSITORY, number, "On it.")
  }
  const claudeCalls = {
    messages: anthropic.turn(request(), MAX_OUTPUT, () => Effect.void),
    models: anthropic.info("claude-sandbox"),
    count_tokens: anthropic.count(request()),
    compact: anthropic.compact(request(), MAX_OUTPUT)
  }

  const strike = (it: FaultCase) =>
    it.side === "Gitea"
      ? sandboxGitea.fail({ ...it.fault, match: giteaOperations[it.operation] })
      : sandboxClaude.fail(it.operation, it.fault)

  const verdictOf = (it: FaultCase): Effect.Effect<Verdict> =>
    it.side === "Gitea"
      ? Effect.match(giteaCalls[it.operation], {
          onSuccess: () => ({ error: "none", retryable: false }),
          onFailure: ({ _tag, retryable, status }) => ({ error: `${_tag} ${status ?? "without answer"}`, retryable })
        })
      : Effect.match(claudeCalls[it.operation], {
          onSuccess: () => ({ error: "none, but no summary", retryable: false }),
          onFailure: (error) => ({
            error: error._tag === "ModelUnavailable" ? `${error._tag} ${error.kind}` : error._tag,
            retryable: error.retryable
          })
        })

  return yield* Effect.forEach(cases, (it) =>
    Effect.gen(function* () {
      yield* strike(it)
      const call = yield* Effect.forkChild(verdictOf(it))
      const moment = Effect.andThen(
        TestClock.adjust(Duration.seconds(1)),
        Effect.sync(() => call.pollUnsafe())
      )
      yield* eventually(`${it.side} ${it.operation} suffers ${it.name}`, moment, (exit) => exit !== undefined)
      return yield* Fiber.join(call)
    })
  )
})

/** The verdict on every case, in order: each call made once, by the adapter itself. */
export const verdicts = suffered.pipe(
  Effect.provide(Adapters, { local: true }),
  Effect.provide(TestClock.layer(), { local: true })
)
