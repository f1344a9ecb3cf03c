import { Clock, Context, Effect, Layer, Ref, Scope } from "effect"
import { ModelUnavailable } from "../anthropic/ModelError.ts"
import type { ModelError } from "../anthropic/ModelError.ts"
import { strongest } from "../domain/ContextAction.ts"
import type { ContextAction } from "../domain/ContextAction.ts"
import type { ContextUsage } from "../domain/ContextUsage.ts"
import * as Meter from "./Meter.ts"
import type { Session } from "../domain/Session.ts"

/** The error of a count that takes too long. */
export const tooSlow = new ModelUnavailable({ operation: "count", requestId: null, kind: "timeout" })

/** A session that is being worked in this process, as the context monitor sees it. */
export interface LiveSession {
  readonly session: Session
  /** Kept current while a turn streams; null while it is unknown. */
  readonly usage: Effect.Effect<ContextUsage | null>
  /** Whether `poll` can change the answer. */
  readonly needsCount: Effect.Effect<boolean>
  /** Has the Claude API count the history. */
  readonly poll: Effect.Effect<void, ModelError>
  /** Whether compaction can still help: the model has it, and a reply came since the last one. */
  readonly canCompact: Effect.Effect<boolean>
  /** Leaves an action with the session, which carries it out at its next turn boundary. */
  propose(action: ContextAction): Effect.Effect<void>
}

/** The other side of a live session, for the run that works it. */
export interface SessionControls {
  readonly live: LiveSession
  readonly meter: Ref.Ref<Meter.Meter>
  /** The proposal, taken away. */
  readonly takeProposal: Effect.Effect<ContextAction>
}

/** What a run tells of its conversation. */
export interface SessionView {
  /** Counts the history as the next request would send it, in tokens. */
  readonly count: Effect.Effect<number, ModelError>
  readonly canCompact: Effect.Effect<boolean>
  /** What is known of the context at first. */
  readonly meter: Meter.Meter
}

/** The live sessions of this process. */
export class LiveSessions extends Context.Service<
  LiveSessions,
  {
    readonly live: Effect.Effect<ReadonlyArray<LiveSession>>
    /** Live until the scope ends. */
    enter(session: Session, view: SessionView): Effect.Effect<SessionControls, never, Scope.Scope>
  }
>()("mosaic-coordinator/context/LiveSessions") {
  static readonly layer = Layer.effect(
    LiveSessions,
    Effect.gen(function* () {
      const live = yield* Ref.make<ReadonlyArray<LiveSession>>([])

      const enter = Effect.fn("LiveSessions.enter")(function* (session: Session, view: SessionView) {
        const meter = yield* Ref.make(view.meter)
        const proposal = yield* Ref.make<ContextAction>("continue")
        const poll = Effect.gen(function* () {
          const { version } = yield* Ref.get(meter)
          const used = yield* view.count
          const at = yield* Clock.currentTimeMillis
          yield* Ref.update(meter, (now) => Meter.counted(now, version, used, at))
        })
        const entered: LiveSession = {
          session,
          usage: Effect.map(Ref.get(meter), (now) => Meter.usageOf(now, session.limit)),
          needsCount: Effect.map(Ref.get(meter), (now) => Meter.needsCount(now, session.limit)),
          poll,
          canCompact: view.canCompact,
          propose: (action) => Ref.update(proposal, (former) => strongest(former, action))
        }
        yield* Effect.acquireRelease(
          Ref.update(live, (all) => [...all, entered]),
          () => Ref.update(live, (all) => all.filter((one) => one !== entered))
        )
        return { live: entered, meter, takeProposal: Ref.getAndSet(proposal, "continue") }
      })

      return { live: Ref.get(live), enter }
    })
  )
}
