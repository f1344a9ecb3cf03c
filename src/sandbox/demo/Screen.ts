import { Context, Effect, Layer, Ref, Terminal } from "effect"

const CLEAR_LINE = "\r\u001b[2K"

/** Where the story is shown: on a terminal the bar stays on the last line and moves, elsewhere everything is plain lines. */
export class Screen extends Context.Service<
  Screen,
  {
    line(text: string): Effect.Effect<void>
    bar(text: string): Effect.Effect<void>
  }
>()("mosaic-coordinator/sandbox/demo/Screen") {
  static readonly layer = Layer.effect(
    Screen,
    Effect.gen(function* () {
      const terminal = yield* Terminal.Terminal
      const isTerminal = process.stdout.isTTY
      const shown = yield* Ref.make("")
      const display = (text: string) => Effect.orDie(terminal.display(text))
      yield* Effect.addFinalizer(() => (isTerminal ? display("\n") : Effect.void))
      return {
        line: (text: string) =>
          isTerminal
            ? Effect.flatMap(Ref.get(shown), (bar) => display(`${CLEAR_LINE}${text}\n${bar}`))
            : display(`${text}\n`),
        bar: (text: string) =>
          isTerminal ? Effect.andThen(Ref.set(shown, text), display(`${CLEAR_LINE}${text}`)) : display(`${text}\n`)
      }
    })
  )
}
