import { Clock, Duration, Effect, FiberMap, Layer, Metric } from "effect"
import type { ModelError } from "../anthropic/ModelError.ts"
import type { SessionId } from "../domain/Session.ts"
import { Samples } from "../session/Samples.ts"
import { Sessions } from "../session/Sessions.ts"
import type { LiveSession } from "../session/Sessions.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { ContextSchedule } from "./ContextSchedule.ts"

/** A count that takes longer is given up; the next look tries again. */
const POLL_LIMIT = Duration.seconds(30)
const FIRST_BACKOFF = Duration.seconds(10)
const LONGEST_BACKOFF = Duration.minutes(5)

const failures = Metric.counter("coordinator_context_look_failures", {
  description: "Looks at a session's context that failed",
  incremental: true
})

/** Trouble with one session's looks: how often in a row, since when it rests, and what was said of it. */
interface Trouble {
  readonly count: number
  readonly restUntil: number
  readonly message: string
}

const backoff = (count: number): number =>
  Math.min(Duration.toMillis(LONGEST_BACKOFF), Duration.toMillis(FIRST_BACKOFF) * 2 ** (count - 1))

/**
 * Looks at every live session on a schedule (ten seconds), polls the Claude API where a count can change the answer, decides, and
 * leaves the action with the session. A failing look ends nothing, and one session's trouble never delays another's.
 */
export const ContextMonitor = Layer.effectDiscard(
  Effect.gen(function* () {
    const sessions = yield* Sessions
    const samples = yield* Samples
    const { looks } = yield* ContextSchedule
    const running = yield* FiberMap.make<LiveSession>()
    const troubles = new Map<SessionId, Trouble>()

    const failed = Effect.fnUntraced(function* (id: SessionId, error: ModelError | StoreUnavailable) {
      const before = troubles.get(id)
      const count = (before?.count ?? 0) + 1
      const now = yield* Clock.currentTimeMillis
      troubles.set(id, { count, restUntil: now + backoff(count), message: error.message })
      yield* Metric.update(failures, 1)
      if (before?.message !== error.message) yield* Effect.logWarning("Context look failed", error)
    })

    const poll = Effect.fnUntraced(function* (live: LiveSession) {
      const now = yield* Clock.currentTimeMillis
      if ((troubles.get(live.session.id)?.restUntil ?? 0) > now || !(yield* live.needsCount)) return
      yield* Effect.timeoutOption(live.poll, POLL_LIMIT)
      if (troubles.delete(live.session.id)) yield* Effect.logInfo("Context look works again")
    })

    const look = Effect.fn("ContextMonitor.look")(
      function* (live: LiveSession) {
        yield* Effect.catch(poll(live), (error) => failed(live.session.id, error))
        const action = yield* samples.sample(live, "tick")
        if (action !== "continue") yield* live.propose(action)
      },
      (effect, { session }) =>
        effect.pipe(
          Effect.catch((error) => failed(session.id, error)),
          Effect.annotateLogs({ session: session.id, task: session.task })
        )
    )

    // A look that still hangs is left alone; the session's next one begins when it has ended.
    const tick = Effect.gen(function* () {
      const live = yield* sessions.live
      const ids = new Set(live.map(({ session }) => session.id))
      for (const id of troubles.keys()) if (!ids.has(id)) troubles.delete(id)
      yield* Effect.forEach(live, (one) => FiberMap.run(running, one, look(one), { onlyIfMissing: true }), {
        discard: true
      })
    })

    yield* tick.pipe(Effect.repeat(looks), Effect.forkScoped)
  })
)
