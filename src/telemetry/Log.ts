import { Console, Effect, Layer, Logger, References } from "effect"
import { formatWithOptions } from "node:util"
import { redact } from "../domain/Redaction.ts"
import { secretsOf, Settings } from "../Settings.ts"

/** A console that prints no secret, whoever writes to it. Everything goes to standard output. */
const redactingConsole = (secrets: ReadonlyArray<string>, stdout: NodeJS.WriteStream): Console.Console => {
  const print = (...args: ReadonlyArray<unknown>) => {
    stdout.write(`${redact(secrets, formatWithOptions({ colors: stdout.isTTY }, ...args))}\n`)
  }
  return { ...globalThis.console, log: print, info: print, warn: print, error: print, debug: print, trace: print }
}

/** Logs as the settings say: for people on a terminal, else one JSON object a line. */
export const layer = Layer.unwrap(
  Effect.map(Settings, (settings) => {
    const { stdout } = process
    const format = settings.logFormat ?? (stdout.isTTY ? "pretty" : "json")
    return Layer.mergeAll(
      Logger.layer([format === "pretty" ? Logger.consolePretty() : Logger.consoleJson]),
      Layer.succeed(References.MinimumLogLevel, settings.logLevel),
      Layer.succeed(Console.Console, redactingConsole(secretsOf(settings), stdout))
    )
  })
)
