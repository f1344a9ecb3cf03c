import { Clock, Effect, Ref, Schema } from "effect"
import type { Tries } from "../anthropic/ModelClient.ts"
import { isUnpaid } from "../anthropic/ModelError.ts"
import type { ModelError } from "../anthropic/ModelError.ts"
import type { StreamUsage } from "../anthropic/ModelRequest.ts"
import * as Meter from "../context/Meter.ts"
import { triesSpent } from "../domain/SessionLimits.ts"
import { exhausted, MAX_TRIES } from "../domain/TaskLimits.ts"
import { steadyMillis } from "../storage/SteadyClock.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { LeaseLost } from "../task/Lease.ts"
import { Tasks } from "../task/Tasks.ts"
import { sizeOf } from "./Conversations.ts"
import type { Conversation } from "./Conversations.ts"

/** No further try is paid for: the task has reached a bound of its own, or this session has tried often enough. */
export class TriesSpent extends Schema.TaggedError<TriesSpent>()("TriesSpent", {
  cause: Schema.String,
  isBound: Schema.Boolean
}) {}

/** What is to be added to the account when a call has ended, besides what its reply is billed: the charge of its beginning, taken back. */
export interface Settlement {
  readonly tokens: number
  readonly elapsed: number
}

/** One try: when it or its reply began (milliseconds), what it was charged, and the figures heard since. */
interface Try {
  readonly at: number
  readonly charged: number
  readonly heard: StreamUsage | null
}

const NONE: Try = { at: 0, charged: 0, heard: null }

/**
 * The account of a paid call. Every try is charged with its input before it is made, so that what is cut, lost or killed counts, and
 * again exactly when it ends; what was surely not paid for is taken back.
 */
export const makePaidCall = Effect.gen(function* () {
  const tasks = yield* Tasks

  return Effect.fnUntraced(function* ({ claim, live, meter, request }: Conversation) {
    const current = yield* Ref.make(NONE)
    const last = yield* Ref.make<ModelError | null>(null)

    // What is measured goes on whatever is done to the clock.
    const now = steadyMillis

    const begin = Effect.gen(function* () {
      const account = yield* tasks.find(claim.task.id)
      const bound = account === null ? null : exhausted(account)
      if (bound !== null) return yield* new TriesSpent({ cause: bound, isBound: true })
      if (account !== null && account.tries >= MAX_TRIES) {
        const why = (yield* Ref.get(last))?.message ?? "the process ended before its answer was stored"
        return yield* new TriesSpent({ cause: triesSpent(why), isBound: false })
      }
      const charged = (yield* live.usage)?.used ?? (yield* sizeOf(yield* request))
      yield* tasks.charge(claim, { requests: 1, tokens: charged, elapsed: 0 })
      yield* Ref.set(current, { at: yield* now, charged, heard: null })
    })

    const onUsage = Effect.fnUntraced(function* (heard: StreamUsage | null) {
      if (heard === null) return yield* Ref.update(meter, Meter.cut)
      const at = yield* now
      // From the beginning of the reply on: waiting for it is not work.
      yield* Ref.update(current, (it) => ({ ...it, at: it.heard === null ? at : it.at, heard }))
      const told = yield* Clock.currentTimeMillis
      return yield* Ref.update(meter, (figure) => Meter.streamed(figure, heard.input + heard.output, told))
    })

    const failed = Effect.fnUntraced(function* (error: ModelError) {
      const { at, charged, heard } = yield* Ref.get(current)
      yield* Ref.set(last, error)
      if (heard === null && isUnpaid(error)) {
        return yield* tasks.charge(claim, { requests: -1, tokens: -charged, elapsed: 0 })
      }
      const elapsed = (yield* now) - at
      const tokens = heard === null ? 0 : heard.input + heard.output - charged
      return yield* tasks.charge(claim, { requests: 0, tokens, elapsed })
    })

    /** For the entry that tells how the call ended. */
    const settlement = Effect.map(Effect.all([Ref.get(current), now]), ([{ at, charged }, ended]): Settlement => ({
      tokens: -charged,
      elapsed: ended - at
    }))

    const tries: Tries<LeaseLost | StoreUnavailable | TriesSpent> = { begin, failed, onUsage }
    return { tries, settlement }
  })
})
