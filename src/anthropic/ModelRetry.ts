import { Context, Duration, Effect, Layer, Schedule } from "effect"
import type { ModelError } from "./ModelError.ts"

const FIRST_WAIT = "500 millis"
/** With up to a fifth of jitter on top: one minute. */
const LONGEST_WAIT = Duration.seconds(50)
/** A longer `retry-after` is asked again after this, because limits are also raised by hand. */
const LONGEST_RETRY_AFTER = Duration.minutes(5)

const retryAfter = (error: ModelError): number | null =>
  error._tag === "ModelRateLimited" || error._tag === "ModelOverloaded" ? error.retryAfter : null

/** How calls to Claude are repeated: without end where that can help, so that an outage of hours costs a task nothing but time. */
export class ModelRetry extends Context.Service<
  ModelRetry,
  { readonly schedule: Schedule.Schedule<unknown, ModelError> }
>()("mosaic-coordinator/anthropic/ModelRetry") {
  static readonly layer = Layer.succeed(ModelRetry, {
    schedule: Schedule.exponential(FIRST_WAIT).pipe(
      Schedule.modifyDelay(({ duration }) => Effect.succeed(Duration.min(duration, LONGEST_WAIT))),
      Schedule.jittered,
      Schedule.setInputType<ModelError>(),
      Schedule.while(({ input }) => input.retryable),
      Schedule.modifyDelay(({ input, duration }) => {
        const asked = retryAfter(input)
        return Effect.succeed(asked === null ? duration : Duration.min(Duration.millis(asked), LONGEST_RETRY_AFTER))
      })
    )
  })
}
