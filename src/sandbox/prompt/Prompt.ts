import { Context, Effect, Layer, Queue, Stream } from "effect"
import type { Cause } from "effect"
import { clearLine, createInterface, cursorTo } from "node:readline"

/** Where commands are typed or piped in, and where everything is said. */
export class Prompt extends Context.Service<
  Prompt,
  {
    /** What is typed. Ends with the input, and at Ctrl-C on a terminal. */
    readonly lines: Stream.Stream<string>
    /** On a terminal, above the line that is being typed. */
    say(text: string): Effect.Effect<void>
  }
>()("mosaic-coordinator/sandbox/prompt/Prompt") {
  static readonly layer = Layer.effect(
    Prompt,
    Effect.gen(function* () {
      const { stdin: input, stdout: output } = process
      const terminal = input.isTTY && output.isTTY
      const lines = yield* Queue.make<string, Cause.Done>()
      const reader = yield* Effect.acquireRelease(
        Effect.sync(() => createInterface({ input, output, terminal, prompt: "> " })),
        (it) => Effect.sync(() => it.close())
      )
      reader.on("line", (line) => Queue.offerUnsafe(lines, line))
      const state = { open: true }
      reader.once("close", () => {
        state.open = false
        Queue.endUnsafe(lines)
      })
      const typeOn = () => (terminal && state.open ? reader.prompt(true) : undefined)
      return {
        lines: Stream.fromQueue(lines),
        say: (text: string) =>
          Effect.sync(() => {
            if (terminal) {
              cursorTo(output, 0)
              clearLine(output, 0)
            }
            output.write(`${text}\n`)
            typeOn()
          })
      }
    })
  )
}
