import { Duration, Effect, Fiber, Latch, Layer, Logger } from "effect"
import { TestClock } from "effect/testing"
import { Readiness } from "../../src/operator/Readiness.ts"
import { comments, ISSUE } from "../../src/sandbox/demo/Thread.ts"
import type { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { EvenRandom } from "../harness/EvenRandom.ts"
import { eventually } from "../harness/Eventually.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { makeFetch } from "./faultFetch.ts"
import { callOf, circumstanceOf, isSilent } from "./faults.ts"
import type { Circumstance, FaultCase } from "./faults.ts"

/** How the service lived through a fault that did not end. */
export interface Consequence {
  /** Calls that the fault struck. */
  readonly struck: number
  readonly state: string
  readonly attempts: number
  /** Sentences logged at warning and up, each once, with a note of those that came often. */
  readonly lines: ReadonlyArray<string>
  /** Comments of the bot that say the same as another one. */
  readonly doubled: number
  readonly readiness: string
}

/** How long a fault lasts on the test's clock, and how long one that only watchdogs end. */
const LASTING = Duration.seconds(60)
const LASTING_SILENCE = Duration.seconds(240)
const STEP = Duration.seconds(3)
const STEP_IN_SILENCE = Duration.seconds(10)
const SAMPLING = Duration.seconds(1)
/** How many times a sentence is not yet often: two stages may meet a fault, and a task has two comments. */
const OFTEN = 3
const WATCHED = { Gitea: ["gitea", "intake", "outbox"], Claude: ["claude"] } as const
/** Longer than a delivery may be on its way. */
const UNHEARD = Duration.minutes(1)
const RENAMED = "acme/store"
/** More calls than are made in that time. */
const ALL = 2_000
/** Looks at a call that only a watchdog ends before the clock goes on. Every other call is waited for. */
const PATIENCE = 3

const warnings = () => {
  const counts = new Map<string, number>()
  const logger = Logger.make(({ logLevel, message }) => {
    if (logLevel !== "Warn" && logLevel !== "Error" && logLevel !== "Fatal") return
    const sentence = String([message].flat()[0])
    counts.set(sentence, (counts.get(sentence) ?? 0) + 1)
  })
  const lines = () =>
    [...counts].map(([sentence, count]) => (count < OFTEN ? sentence : `${sentence} (again and again)`)).sort()
  return { lines, layer: Logger.layer([logger]) }
}

const MARKER = /<!-- mosaic .* -->/

/** The first issue of the first repository. */
const issue = { repository: { id: 1, fullName: ISSUE.repository }, number: 1, id: 1 }

const assigned = (gitea: SandboxGitea["Service"]) => gitea.assign(issue, gitea.bot.login, "ada")

/** The issue as it is when the server starts. */
const opened = (gitea: SandboxGitea["Service"], circumstance: Circumstance) =>
  gitea.createRepository(ISSUE.repository).pipe(
    // Hooks are listed to administrators only.
    Effect.andThen(gitea.promote(ISSUE.repository)),
    Effect.andThen(gitea.openIssue({ ...ISSUE, by: "ada" })),
    Effect.andThen(
      Effect.forEach(circumstance === "long" ? comments : [], ({ body, by }) => gitea.comment(issue, body, by), {
        discard: true
      })
    ),
    Effect.andThen(
      circumstance === "unheard" ? Effect.andThen(assigned(gitea), TestClock.adjust(UNHEARD)) : Effect.void
    )
  )

/** The issue is assigned, and the fault lasts. */
const suffer = (it: FaultCase, begun: Latch.Latch, lines: () => ReadonlyArray<string>, struck: () => number) =>
  Effect.gen(function* () {
    const { claude, gitea, store, task } = yield* flow
    const circumstance = circumstanceOf(it)
    if (it.side === "Claude" && it.fault.kind !== "refused") yield* claude.fail(it.operation, it.fault, ALL)
    if (circumstance !== "unheard") yield* assigned(gitea)
    // In the same moment: the delivery that tells of the assignment is not there yet.
    if (circumstance === "renamed") yield* gitea.rename(ISSUE.repository, RENAMED)
    if (circumstance === "deleted") yield* gitea.remove(issue, "ada")
    yield* gitea.drained
    yield* begun.open
    const readiness = yield* Readiness
    const degraded = Effect.map(readiness.report, ({ components }) =>
      WATCHED[it.side].filter((name) => components[name].status !== "ok")
    )
    const lasting = Duration.toMillis(isSilent(it) ? LASTING_SILENCE : LASTING) / Duration.toMillis(SAMPLING)
    const samples = yield* Effect.replicateEffect(Effect.andThen(Effect.sleep(SAMPLING), degraded), lasting)
    const [status] = yield* store.column("deliveries", "status", { action: "assigned" })
    const { attempts, state } = (yield* task(issue)) ?? { attempts: 0, state: `none, delivery ${status}` }
    const said = (yield* gitea.comments(issue)).filter(({ user }) => user === gitea.bot.login)
    // The last call tells how Gitea is. Where the work got done all the same, it may well be another than the one that is struck, and
    // chance decides which.
    const told = new Set<string>(samples.flat())
    if (state === "completed") told.delete("gitea")
    const shown = it.side === "Gitea" ? told : (samples.at(-1) ?? [])
    return {
      struck: struck(),
      state,
      attempts,
      lines: lines(),
      doubled: said.length - new Set(said.map(({ body }) => MARKER.exec(body)?.[0])).size,
      readiness:
        [...shown]
          .sort()
          .map((name) => `${name} degraded`)
          .join(", ") || "ok"
    }
  })

/** An issue that is assigned while one operation suffers the fault, for minutes. */
export const live = (it: FaultCase): Effect.Effect<Consequence> => {
  const { lines, layer: log } = warnings()
  const wire = makeFetch()
  wire.suffer(it)
  const circumstance = circumstanceOf(it)

  const answered = Effect.suspend(() => {
    let looks = 0
    const look = Effect.sync(() => ({ ...wire.open(), looks: looks++ }))
    const isGivenUp = (seen: number) => isSilent(it) && seen >= PATIENCE
    return eventually(
      "the calls are answered",
      look,
      ({ looks, other, struck }) => looks > 0 && other === 0 && (struck === 0 || isGivenUp(looks))
    )
  })
  const moment = Effect.andThen(TestClock.adjust(isSilent(it) ? STEP_IN_SILENCE : STEP), answered)

  return Effect.gen(function* () {
    const begun = yield* Latch.make()
    const whole = harness({
      log,
      before: (gitea) =>
        Effect.andThen(
          opened(gitea, circumstance),
          it.side === "Gitea" && it.fault.kind !== "refused"
            ? gitea.fail({ ...it.fault, match: callOf(it.operation).match, times: ALL })
            : Effect.void
        ),
      settings: circumstance === "long" ? { model: "claude-sandbox-small" } : {}
    }).pipe(Layer.provide([wire.layer, EvenRandom]))
    // A server with work in hand stops after a grace, so the clock goes on until it has stopped.
    const life = yield* suffer(it, begun, lines, wire.struck).pipe(
      Effect.provide(whole, { local: true }),
      Effect.forkChild
    )
    yield* begun.await
    yield* answered
    while (life.pollUnsafe() === undefined) yield* moment
    return yield* Fiber.join(life)
  }).pipe(Effect.provide(TestClock.layer(), { local: true }))
}
