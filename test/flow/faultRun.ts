import { Duration, Effect, Fiber, Latch, Layer, Logger } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { Readiness } from "../../src/operator/Readiness.ts"
import type { Operation } from "../../src/sandbox/claude/Operation.ts"
import { comments, ISSUE } from "../../src/sandbox/demo/Thread.ts"
import type { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { EvenRandom } from "../harness/EvenRandom.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { giteaOperations, isSilent } from "./faults.ts"
import type { FaultCase, GiteaOperation } from "./faults.ts"

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
const STEP = Duration.seconds(3)
const STEP_IN_SILENCE = Duration.seconds(10)
const SAMPLING = Duration.seconds(1)
/** More calls than are made in that time. */
const ALL = 2_000
/** Looks at the wire before it counts as silent. */
const PATIENCE = 3

const send = FetchHttpClient.Fetch.defaultValue()

/** A fetch that tells how many of its calls have no answer yet, so that the clock does not run ahead of the sockets. */
const countedFetch = () => {
  let open = 0
  const counted: typeof send = (input, init) => {
    open += 1
    return send(input, init).finally(() => (open -= 1))
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

const CONTEXT_OPERATIONS: ReadonlyArray<Operation | GiteaOperation> = ["count_tokens", "compact"]

/** The first issue of the first repository. */
const issue = { repository: { id: 1, fullName: ISSUE.repository }, number: 1, id: 1 }

/** The issue as it is when the server starts: long, where its session is to fill its context. */
const opened = (gitea: SandboxGitea["Service"], isLong: boolean) =>
  gitea
    .createRepository(ISSUE.repository)
    .pipe(
      Effect.andThen(gitea.openIssue({ ...ISSUE, by: "ada" })),
      Effect.andThen(
        Effect.forEach(isLong ? comments : [], ({ body, by }) => gitea.comment(issue, body, by), { discard: true })
      )
    )

/** The issue is assigned, and the fault lasts. */
const suffer = (it: FaultCase, begun: Latch.Latch, lines: ReadonlySet<string>) =>
  Effect.gen(function* () {
    const { claude, gitea, rows, task } = yield* flow
    if (it.side === "Claude") yield* claude.fail(it.operation, it.fault, ALL)
    yield* gitea.assign(issue, gitea.bot.login, "ada")
    yield* gitea.drained
    yield* begun.open
    const readiness = yield* Readiness
    const status = Effect.map(
      readiness.report,
      ({ components }) => (it.side === "Gitea" ? components.gitea : components.claude).status
    )
    const lasting = Duration.toMillis(isSilent(it) ? LASTING_SILENCE : LASTING) / Duration.toMillis(SAMPLING)
    const statuses = yield* Effect.replicateEffect(Effect.andThen(Effect.sleep(SAMPLING), status), lasting)
    const struck =
      it.side === "Gitea"
        ? (yield* gitea.requests).filter(({ method, path }) => giteaOperations[it.operation].test(`${method} ${path}`))
        : (yield* claude.requests).filter(({ operation }) => operation === it.operation)
    const [delivery] = yield* rows<{ status: string }>("select status from deliveries where action = 'assigned'")
    const { attempts, state } = (yield* task(issue)) ?? { attempts: 0, state: `none, delivery ${delivery?.status}` }
    return {
      struck: struck.length,
      state,
      attempts,
      lines: [...lines].sort(),
      // The last call tells how Gitea is, and may be another than the one that is struck.
      readiness: (it.side === "Gitea" ? statuses.find((one) => one !== "ok") : statuses.at(-1)) ?? "ok"
    }
  })

/** An issue that is assigned while one operation suffers the fault, for minutes. */
export const live = (it: FaultCase): Effect.Effect<Consequence> => {
  const { lines, layer: log } = warnings()
  const wire = countedFetch()
  const isLong = CONTEXT_OPERATIONS.includes(it.operation)
  const most = isSilent(it) ? PATIENCE : ALL

  const moment = Effect.gen(function* () {
    yield* TestClock.adjust(isSilent(it) ? STEP_IN_SILENCE : STEP)
    let looks = 0
    const look = Effect.sync(() => ({ open: wire.open(), looks: looks++ }))
    yield* eventually("the calls are answered", look, ({ open, looks }) => looks > 0 && (open === 0 || looks >= most))
  })

  return Effect.gen(function* () {
    const begun = yield* Latch.make()
    const whole = harness({
      log,
      before: (gitea) =>
        Effect.andThen(
          opened(gitea, isLong),
          it.side === "Gitea"
            ? gitea.fail({ ...it.fault, match: giteaOperations[it.operation], times: ALL })
            : Effect.void
        ),
      settings: isLong ? { model: "claude-sandbox-small" } : {}
    }).pipe(Layer.provide([wire.layer, EvenRandom]))
    // A server with work in hand stops after a grace, so the clock goes on until it has stopped.
    const life = yield* suffer(it, begun, lines).pipe(Effect.provide(whole, { local: true }), Effect.forkChild)
    yield* begun.await
    while (life.pollUnsafe() === undefined) yield* moment
    return yield* Fiber.join(life)
  }).pipe(Effect.provide(TestClock.layer(), { local: true }))
}
