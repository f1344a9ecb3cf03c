import { Context, Duration, Effect, Layer, Schedule } from "effect"
import type { GiteaError } from "./GiteaError.ts"

const TIMES = 4
const LONGEST_WAIT = Duration.seconds(30)

/** How calls that may be repeated are repeated: five tries in all, within half a minute each. */
export class GiteaRetry extends Context.Service<
  GiteaRetry,
  { readonly schedule: Schedule.Schedule<unknown, GiteaError> }
>()("mosaic-coordinator/gitea/GiteaRetry") {
  static readonly layer = Layer.succeed(GiteaRetry, {
    schedule: Schedule.exponential("500 millis").pipe(
      Schedule.jittered,
      Schedule.setInputType<GiteaError>(),
      Schedule.while(({ input }) => input.retryable),
      Schedule.modifyDelay(({ input, duration }) =>
        Effect.succeed(
          Duration.min(LONGEST_WAIT, input.retryAfter === null ? duration : Duration.millis(input.retryAfter))
        )
      ),
      Schedule.upTo({ times: TIMES })
    )
  })
}
