import { Console, Effect, Layer, Logger, References } from "effect"
import { formatWithOptions } from "node:util"
import { redact } from "../domain/Redaction.ts"
import { secretsOf, Settings } from "../Settings.ts"

/** Writes all that is said in one callback of the event loop at once: each write of its own wakes whoever reads the log. */
const writerTo = (stdout: NodeJS.WriteStream) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      let said = ""
      const flush = () => {
        const text = said
        said = ""
        if (text !== "") stdout.write(text)
      }
      const write = (text: string) => {
        if (said === "") process.nextTick(flush)
        said += text
      }
      process.on("exit", flush)
      return { write, flush }
    }),
    ({ flush }) =>
      Effect.sync(() => {
        flush()
        // Later lines still go out by their tick.
        process.off("exit", flush)
      })
  )

/** A console that prints no secret, whoever writes to it. Everything goes to standard output. */
const redactingConsole = Effect.fnUntraced(function* (secrets: ReadonlyArray<string>, stdout: NodeJS.WriteStream) {
  const { write } = yield* writerTo(stdout)
  const print = (...args: ReadonlyArray<unknown>) => {
    write(`${redact(secrets, formatWithOptions({ colors: stdout.isTTY }, ...args))}\n`)
  }
  return { ...globalThis.console, log: print, info: print, warn: print, error: print, debug: print, trace: print }
})

/** Logs as the settings say: for people on a terminal, else one JSON object a line. */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    const settings = yield* Settings
    const { stdout } = process
    const format = settings.logFormat ?? (stdout.isTTY ? "pretty" : "json")
    return Layer.mergeAll(
      Logger.layer([format === "pretty" ? Logger.consolePretty() : Logger.consoleJson]),
      Layer.succeed(References.MinimumLogLevel, settings.logLevel),
      Layer.succeed(Console.Console, yield* redactingConsole(secretsOf(settings), stdout))
    )
  })
)
