import { Duration, Effect, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { eventually } from "./Eventually.ts"

/** Less than any call may take, so that none that is answered looks slow. */
const STEP = Duration.seconds(9)
/** Looks at a silent wire after which whoever got an answer has begun what follows from it: nothing between waits for a thread. */
const QUIET = 2

const send = FetchHttpClient.Fetch.defaultValue()
const whole = (response: Response) => response.arrayBuffer().then((body) => new Response(body, response))

/** The sockets of a server under a test clock: its time passes in steps, and only while every call has its answer. */
export const makeWire = () => {
  let open = 0
  let begun = 0
  const counted: typeof send = (input, init) => {
    open += 1
    begun += 1
    return send(input, init)
      .then(whole)
      .finally(() => (open -= 1))
  }

  const step = Effect.gen(function* () {
    const before = begun
    yield* TestClock.adjust(STEP)
    if (begun === before && open === 0) return
    let quiet = 0
    const look = Effect.sync(() => (quiet = open === 0 ? quiet + 1 : 0))
    yield* eventually("the calls are answered", look, (looks) => looks >= QUIET)
  })

  return {
    /** For the server. */
    layer: Layer.succeed(FetchHttpClient.Fetch, counted),
    pass: (time: Duration.Input) =>
      Effect.replicateEffect(step, Math.ceil(Duration.toMillis(time) / Duration.toMillis(STEP)), { discard: true })
  }
}
