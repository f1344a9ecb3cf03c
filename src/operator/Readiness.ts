import { Clock, Context, Duration, Effect, Layer, Ref } from "effect"
import { ModelClient } from "../anthropic/ModelClient.ts"
import { adviceFor, causeIn } from "../domain/Gap.ts"
import { Gaps } from "../event/Gaps.ts"
import { Inbox } from "../event/Inbox.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import { Outbox } from "../outbox/Outbox.ts"
import { Settings } from "../Settings.ts"
import { steadyMillis } from "../storage/SteadyClock.ts"
import type { SettingsValues } from "../Settings.ts"
import { StoreHolder } from "../storage/StoreHolder.ts"
import { SetupFaults } from "../telemetry/SetupFaults.ts"
import type { SetupFault } from "../telemetry/SetupFaults.ts"
import { TaskRecords } from "../task/TaskRecords.ts"
import { Isolation, NO_ISOLATION } from "../tool/Isolation.ts"
import type { Verdict } from "../tool/Isolation.ts"
import { WorkGate } from "../work/WorkGate.ts"

/** How long an answer about the store is good for: readiness is asked without authentication, and a commit costs a sync. */
const STORE_CHECK = "1 second"
/** How long a gap in the deliveries is worth knowing. */
const RECENT = Duration.days(1)
/** How long comments may wait before anybody is told. */
const COMMENTS_MAY_WAIT = Duration.minutes(5)
/** How long a delivery that could not be stored tells of the store, unless one is stored in the meantime. */
const REFUSAL_COUNTS = Duration.minutes(1)
/** No trouble, but to be known: somebody may have meant to keep the store. */
const foundAgain = (count: number) =>
  `${count} tasks were found again on their issues in the last day, because this store had no history of them: keep the store of DATABASE_URL`
const UNREADABLE = "issues of tasks cannot be read: see the log, and the bot's access"

/** Where each mistake in the set-up is told. */
const OF_GITEA: ReadonlyArray<SetupFault> = ["renamed", "twoFactor", "endless"]
const OF_INTAKE: ReadonlyArray<SetupFault> = ["signature", "size", "repository", "pullRequest"]

export interface Component {
  readonly status: "ok" | "degraded" | "missing"
  readonly why?: string
}

export interface Report {
  /** False only when deliveries cannot be committed, or while stopping: a receiver taken out of rotation loses hooks. */
  readonly ready: boolean
  readonly components: Readonly<
    Record<"store" | "gitea" | "claude" | "worker" | "tools" | "intake" | "outbox", Component>
  >
}

const OK: Component = { status: "ok" }
const missing = (why: string): Component => ({ status: "missing", why })
const degraded = (why: string): Component => ({ status: "degraded", why })
/** What a session's commands run in: the limits by name where they do, else why there are none. */
export const toolsComponent = (verdict: Verdict, sandbox: SettingsValues["sandbox"]): Component => {
  if (verdict.kind === "off") return sandbox === "auto" ? missing(verdict.why) : degraded(verdict.why)
  if (verdict.way === "none") return degraded(NO_ISOLATION)
  return { status: "ok", why: `${verdict.way}: ${verdict.limits.join("; ")}` }
}

const STOPPING = degraded("the coordinator is stopping")
const REFUSED = degraded("deliveries cannot be stored: look at the disk")

/** What the store tells, good for a second like the answer about it. */
const fromStore = <E>(component: Effect.Effect<Component, E>) =>
  component.pipe(
    Effect.orElseSucceed(() => degraded("the store cannot be read")),
    Effect.cachedWithTTL(STORE_CHECK)
  )

/** Whether deliveries can be stored, and whether the store knew its tasks. */
const makeStore = Effect.fnUntraced(function* (isStopping: Effect.Effect<boolean>) {
  const holder = yield* StoreHolder
  const inbox = yield* Inbox
  const tasks = yield* TaskRecords
  const commits = yield* holder.commit.pipe(
    Effect.match({ onSuccess: () => OK, onFailure: () => degraded("the store cannot commit: look at the disk") }),
    Effect.cachedWithTTL(STORE_CHECK)
  )
  // A small commit may still find room where a delivery does not.
  const refused = Effect.map(Effect.all([inbox.refusing, steadyMillis]), ([since, now]) =>
    since === null ? false : now - since < Duration.toMillis(REFUSAL_COUNTS)
  )
  const found = yield* Effect.flatMap(Clock.currentTimeMillis, (now) =>
    tasks.foundSince(now - Duration.toMillis(RECENT))
  ).pipe(
    Effect.orElseSucceed(() => 0),
    Effect.cachedWithTTL(STORE_CHECK)
  )
  const store = Effect.gen(function* () {
    if (yield* isStopping) return STOPPING
    if (yield* refused) return REFUSED
    const component = yield* commits
    const count = component === OK ? yield* found : 0
    return count === 0 ? component : { ...component, why: foundAgain(count) }
  })
  return { store }
})

const mistakesIn = ({ standing }: typeof SetupFaults.Service, of: ReadonlyArray<SetupFault>) =>
  Effect.map(standing, (all) => all.flatMap(({ fault, why }) => (of.includes(fault) ? [why] : [])))

/** What the work needs of others, and the gate before it. */
const makeOutside = Effect.gen(function* () {
  const settings = yield* Settings
  const identity = yield* BotIdentity
  const client = yield* ModelClient
  const adapter = yield* Gitea
  const gate = yield* WorkGate
  const faults = yield* SetupFaults

  const gitea = Effect.gen(function* () {
    if (settings.giteaToken === null) return missing("GITEA_TOKEN is not set: receive-only")
    const problem = (yield* identity.problem) ?? (yield* adapter.health)?.message
    const whys = [...(problem === undefined ? [] : [problem]), ...(yield* mistakesIn(faults, OF_GITEA))]
    return whys.length === 0 ? OK : degraded(whys.join("; "))
  })
  const claude = Effect.map(client.health, (health): Component => {
    if (settings.anthropicKey === null) return missing("ANTHROPIC_API_KEY is not set: tasks wait in ready")
    return health === "ok" ? OK : degraded(health.message)
  })
  const worker = Effect.map(gate.closed, (why): Component => {
    if (why === null) return OK
    return settings.enabled ? degraded(why) : missing(why)
  })
  return { gitea, claude, worker }
})

/** What was missed, and mistakes that are why. */
const makeIntake = Effect.gen(function* () {
  const gaps = yield* Gaps
  const tasks = yield* TaskRecords
  const faults = yield* SetupFaults

  const recent = Effect.flatMap(Clock.currentTimeMillis, (now) => gaps.since(now - Duration.toMillis(RECENT)))
  return yield* Effect.gen(function* () {
    const newest = new Map((yield* recent).toReversed().map((gap) => [gap.cause, gap]))
    const causes = [...newest.values()].map((gap) => `${causeIn(gap)} (${adviceFor[gap.cause]})`)
    const whys = [
      ...((yield* tasks.hasUnreadable) ? [UNREADABLE] : []),
      ...(yield* mistakesIn(faults, OF_INTAKE)),
      ...(causes.length === 0 ? [] : [`deliveries were missed in the last day: ${causes.join("; ")}`])
    ]
    return whys.length === 0 ? OK : degraded(whys.join("; "))
  }).pipe(fromStore)
})

const makeOutbox = Effect.gen(function* () {
  const rows = yield* Outbox
  return yield* Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const { issues, since } = yield* rows.stuck(now - Duration.toMillis(COMMENTS_MAY_WAIT))
    if (since === null) return OK
    const minutes = Math.floor(Duration.toMinutes(Duration.millis(now - since)))
    return degraded(`comments wait on ${issues} issues, the oldest for ${minutes} minutes`)
  }).pipe(fromStore)
})

/** What works and what does not, and why. */
export class Readiness extends Context.Service<
  Readiness,
  {
    readonly report: Effect.Effect<Report>
    /** From now on the service is stopping, and not ready. */
    readonly stop: Effect.Effect<void>
  }
>()("mosaic-coordinator/operator/Readiness") {
  static readonly layer = Layer.effect(
    Readiness,
    Effect.gen(function* () {
      const { sandbox } = yield* Settings
      const { verdict } = yield* Isolation
      const stopping = yield* Ref.make(false)
      const components = Effect.all({
        ...(yield* makeStore(Ref.get(stopping))),
        ...(yield* makeOutside),
        tools: Effect.succeed(toolsComponent(verdict, sandbox)),
        intake: yield* makeIntake,
        outbox: yield* makeOutbox
      })
      const report = Effect.map(components, (all) => ({ ready: all.store.status === "ok", components: all }))
      return { report, stop: Ref.set(stopping, true) }
    })
  ).pipe(Layer.provide(TaskRecords.layer))

  /**
   * Goes on top of the listener, so that its end comes first: requests that the listener still answers while it closes then learn
   * that the service is stopping.
   */
  static readonly stopping = Layer.effectDiscard(
    Effect.flatMap(Readiness, ({ stop }) => Effect.addFinalizer(() => stop))
  )
}
