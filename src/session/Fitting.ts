import { Context, Duration, Effect, Layer, Option } from "effect"
import { ModelClient } from "../anthropic/ModelClient.ts"
import { TokenScale } from "../context/TokenScale.ts"
import { estimateTokens } from "../domain/ContextUsage.ts"

/** From this share of the room on, an estimate is not good enough and is counted. */
const COUNT_FROM = 0.3
const COUNT_LIMIT = Duration.seconds(10)
/** Counts of one text, each of a shorter one. */
const MOST_COUNTS = 3

/** A text alone, as it can be counted: the API wants a system prompt that is not empty. */
const alone = (model: string, text: string) => ({
  model,
  system: "-",
  tools: "[]",
  messages: [{ role: "user" as const, content: [{ type: "text", text }] }],
  canCompact: false
})

/** Makes texts fit into a number of tokens as the model counts them, whatever their language. */
export class Fitting extends Context.Service<
  Fitting,
  {
    /**
     * `render` gives a text within a number of *estimated* tokens. When a count says that it takes more than the room, it is rendered
     * again in that proportion. Without a count the estimate has to do, corrected by what is known of the model.
     */
    fit(model: string, room: number, render: (tokens: number) => string): Effect.Effect<string>
  }
>()("mosaic-coordinator/session/Fitting") {
  static readonly layer = Layer.effect(
    Fitting,
    Effect.gen(function* () {
      const client = yield* ModelClient
      const scale = yield* TokenScale

      const count = (model: string, text: string) =>
        client.count(alone(model, text)).pipe(
          Effect.timeoutOption(COUNT_LIMIT),
          Effect.orElseSucceed(() => Option.none<number>())
        )

      const fit = Effect.fn("Fitting.fit")(function* (model: string, room: number, render: (tokens: number) => string) {
        const factor = yield* scale.of(model)
        let tokens = Math.floor(room / factor)
        let text = render(tokens)
        for (let counts = 0; counts < MOST_COUNTS; counts++) {
          const estimated = estimateTokens(text)
          if (estimated * factor < room * COUNT_FROM) return text
          const actual = yield* count(model, text)
          if (Option.isNone(actual)) return text
          yield* scale.learn(model, estimated, actual.value)
          if (actual.value <= room) return text
          tokens = Math.floor((tokens * room) / actual.value)
          text = render(tokens)
        }
        return text
      })

      return { fit }
    })
  )
}
