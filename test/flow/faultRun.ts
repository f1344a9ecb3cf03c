import { Duration, Effect, Layer, Logger } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { Readiness } from "../../src/operator/Readiness.ts"
import { comments, ISSUE } from "../../src/sandbox/demo/Thread.ts"
import type { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { giteaOperations, isSilent } from "./faults.ts"
import type { FaultCase } from "./faults.ts"

/** How the service lived through a fault that did not end. */
export interface Consequence {
  /** Calls that the fault struck. */
  readonly struck: number
  readonly state: string
  readonly attempts: number
  /** Sentences logged at warning and up, each once. */
  readonly lines: ReadonlyArray<string>
  readonly readiness: string
}

/** How long a fault lasts on the test's clock, and how long one that only watchdogs end. */
const LASTING = Duration.seconds(60)
const LASTING_SILENCE = Duration.seconds(240)
const STEP = Duration.seconds(1)
/** More calls than are made in that time. */
const ALL = 2_000
/** Looks at the wire before it counts as silent. */
const PATIENCE = 3

/** A fetch that tells how many of its calls have no answer yet, so that the clock does not run ahead of the sockets. */
const countedFetch = () => {
  let open = 0
  const counted: typeof fetch = (input, init) => {
    open += 1
    return globalThis.fetch(input, init).finally(() => (open -= 1))
  }
  return { open: () => open, layer: Layer.succeed(FetchHttpClient.Fetch, counted) }
}

const warnings = () => {
  const lines = new Set<string>()
  const logger = Logger.make(({ logLevel, message }) => {
    if (logLevel === "Warn" || logLevel === "Error" || logLevel === "Fatal") lines.add(String([message].flat()[0]))
  })
  return { lines, layer: Logger.layer([logger]) }
}

const CONTEXT_OPERATIONS: ReadonlyArray<string> = ["count_tokens", "compact"]

/** An issue that is assigned while one operation suffers the fault, for minutes. */
export const live = (it: FaultCase): Effect.Effect<Consequence> => {
  const { lines, layer: log } = warnings()
  const wire = countedFetch()
  const isLong = CONTEXT_OPERATIONS.includes(it.operation)
  const fails = (gitea: SandboxGitea["Service"]) =>
    it.side === "Gitea" ? gitea.fail({ ...it.fault, match: giteaOperations[it.operation], times: ALL }) : Effect.void

  const moment = Effect.gen(function* () {
    yield* TestClock.adjust(STEP)
    let looks = 0
    const look = Effect.sync(() => ({ open: wire.open(), looks: looks++ }))
    const most = isSilent(it) ? PATIENCE : ALL
    yield* eventually("the calls are answered", look, ({ open, looks }) => looks >= 1 && (open === 0 || looks >= most))
  })

  return Effect.gen(function* () {
    const { claude, gitea, task } = yield* flow
    const issue = yield* gitea.openIssue({ ...ISSUE, by: "ada" })
    if (isLong) yield* Effect.forEach(comments, ({ body, by }) => gitea.comment(issue, body, by), { discard: true })
    if (it.side === "Claude") yield* claude.fail(it.operation, it.fault, ALL)
    yield* gitea.assign(issue, gitea.bot.login, "ada")
    const steps = Duration.toMillis(isSilent(it) ? LASTING_SILENCE : LASTING) / Duration.toMillis(STEP)
    yield* Effect.replicateEffect(moment, steps, { discard: true })
    const struck =
      it.side === "Gitea"
        ? (yield* gitea.requests).filter(({ method, path }) => giteaOperations[it.operation].test(`${method} ${path}`))
        : (yield* claude.requests).filter(({ operation }) => operation === it.operation)
    const { components } = yield* (yield* Readiness).report
    const { attempts, state } = (yield* task(issue)) ?? { attempts: 0, state: "none" }
    return {
      struck: struck.length,
      state,
      attempts,
      lines: [...lines].sort(),
      readiness: (it.side === "Gitea" ? components.gitea : components.claude).status
    }
  }).pipe(
    Effect.provide(
      harness({
        log,
        before: (gitea) => Effect.andThen(gitea.createRepository(ISSUE.repository), fails(gitea)),
        settings: isLong ? { model: "claude-sandbox-small" } : {}
      }).pipe(Layer.provide(wire.layer)),
      { local: true }
    ),
    Effect.provide(TestClock.layer(), { local: true })
  )
}
