import { Array, Cause, Clock, Duration, Effect, FiberMap, Layer, Metric, Schedule } from "effect"
import type { SessionId } from "../domain/Session.ts"
import * as Metrics from "../telemetry/Metrics.ts"
import { UsageLog } from "./UsageLog.ts"
import { LiveSessions, tooSlow } from "./LiveSessions.ts"
import type { LiveSession } from "./LiveSessions.ts"
import { Settings } from "../Settings.ts"

/** A count that takes longer is given up; the next look tries again. */
const POLL_LIMIT = Duration.seconds(30)
/** Sessions looked at in one transaction, of which each takes a sync of the disk; then other work gets its turn. */
const CHUNK = 1_000
const FIRST_BACKOFF = Duration.seconds(10)
const LONGEST_BACKOFF = Duration.minutes(5)

/** Trouble with one session: how often in a row, since when it rests, and what was said of it. */
interface Trouble {
  readonly count: number
  readonly restUntil: number
  readonly message: string
}
type Troubles = WeakMap<LiveSession, Trouble>

const backoff = (count: number): number =>
  Math.min(Duration.toMillis(LONGEST_BACKOFF), Duration.toMillis(FIRST_BACKOFF) * 2 ** (count - 1))

const idsOf = ({ session }: LiveSession) => ({ session: session.id, task: session.task })

const failed = Effect.fnUntraced(function* (troubles: Troubles, live: LiveSession, cause: Cause.Cause<unknown>) {
  const before = troubles.get(live)
  const count = (before?.count ?? 0) + 1
  const message = String(Cause.squash(cause))
  const now = yield* Clock.currentTimeMillis
  troubles.set(live, { count, restUntil: now + backoff(count), message })
  yield* Metric.update(Metrics.contextLookFailures, 1)
  if (before?.message !== message) yield* Effect.logWarning("Context look failed", cause)
})

const worked = (troubles: Troubles, live: LiveSession) =>
  Effect.suspend(() =>
    troubles.delete(live) ? Effect.annotateLogs(Effect.logInfo("Context look works again"), idsOf(live)) : Effect.void
  )

/** Runs it, unless it still rests from its last failure. Never fails. */
const guarded = <E>(troubles: Troubles, live: LiveSession, run: Effect.Effect<void, E>) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    (troubles.get(live)?.restUntil ?? 0) > now
      ? Effect.void
      : run.pipe(
          Effect.andThen(worked(troubles, live)),
          Effect.catchCause((cause) => Effect.annotateLogs(failed(troubles, live, cause), idsOf(live)))
        )
  )

/**
 * Looks at every live session on a schedule (ten seconds), polls the Claude API where a count can change the answer, decides, and
 * leaves the action with the session. A failing look ends nothing, and one session's trouble never delays another's.
 */
export const ContextMonitor = Layer.effectDiscard(
  Effect.gen(function* () {
    const sessions = yield* LiveSessions
    const samples = yield* UsageLog
    const { contextPollInterval } = yield* Settings
    const running = yield* FiberMap.make<SessionId>()
    const polls: Troubles = new WeakMap()
    const actions: Troubles = new WeakMap()

    const poll = (live: LiveSession) =>
      Effect.timeoutOrElse(live.poll, { duration: POLL_LIMIT, orElse: () => Effect.fail(tooSlow) })

    const act = Effect.fnUntraced(function* (live: LiveSession) {
      const action = yield* samples.sample(live, "tick")
      if (action !== "continue") yield* live.propose(action)
    })

    const look = Effect.fn("ContextMonitor.look")(
      function* (live: LiveSession) {
        if (yield* live.needsCount) yield* guarded(polls, live, poll(live))
        yield* guarded(actions, live, act(live))
      },
      (effect, live) => Effect.annotateLogs(effect, idsOf(live))
    )

    const rests = (live: LiveSession, now: number) => (actions.get(live)?.restUntil ?? 0) > now

    /** Many at once, which is cheap; when that fails, one by one, so that the trouble is that of one. */
    const actAll = (live: ReadonlyArray<LiveSession>) =>
      samples.sampleAll(live, "tick").pipe(
        Effect.flatMap(
          Effect.forEach((action, index) =>
            action === "continue" ? Effect.void : (live[index]?.propose(action) ?? Effect.void)
          )
        ),
        Effect.andThen(Effect.forEach(live, (one) => worked(actions, one), { discard: true })),
        Effect.catchCause(() => Effect.forEach(live, (one) => guarded(actions, one, act(one)), { discard: true }))
      )

    // What has to be counted first is waited for aside. One that still hangs is left alone, also where its session was entered anew:
    // its next look begins when it has ended.
    const tick = Effect.gen(function* () {
      const live = yield* sessions.live
      const now = yield* Clock.currentTimeMillis
      const uncounted = yield* Effect.filter(live, (one) => one.needsCount)
      yield* Effect.forEach(
        uncounted,
        (one) => FiberMap.run(running, one.session.id, look(one), { onlyIfMissing: true }),
        { discard: true }
      )
      const aside = new Set(uncounted)
      const due = live.filter(
        (one) => !aside.has(one) && !FiberMap.hasUnsafe(running, one.session.id) && !rests(one, now)
      )
      yield* Effect.forEach(Array.chunksOf(due, CHUNK), (some) => Effect.andThen(actAll(some), Effect.yieldNow), {
        discard: true
      })
    })

    yield* tick.pipe(
      Effect.catchCause((cause) => Effect.logError("Contexts could not be looked at", cause)),
      Effect.repeat(Schedule.spaced(contextPollInterval)),
      Effect.forkScoped
    )
  })
)
