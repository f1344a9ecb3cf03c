import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Console, Effect, Exit, Layer } from "effect"
import { Command } from "effect/cli"
import { HttpServerError } from "effect/http"
import { ExtraAuthorities } from "./http/ExtraAuthorities.ts"
import { OutwardProxy } from "./http/OutwardProxy.ts"
import { Telemetry } from "./telemetry/Telemetry.ts"
import { VERSION } from "./telemetry/Version.ts"
import { Server } from "./Server.ts"
import { Settings, warningsOf } from "./Settings.ts"

const announce = Layer.effectDiscard(
  Effect.gen(function* () {
    yield* Effect.forEach(warningsOf(yield* Settings), (warning) => Effect.logWarning(warning))
    yield* Effect.logInfo("Coordinator started").pipe(Effect.annotateLogs({ version: VERSION }))
    yield* Effect.addFinalizer(() => Effect.logInfo("Coordinator stopped"))
  })
)

const serve = Layer.launch(
  Server.pipe(
    Layer.provide(announce),
    Layer.provide(Telemetry),
    Layer.provide([OutwardProxy, ExtraAuthorities]),
    Layer.provide(Settings.layer)
  )
)

const command = Command.make("mosaic-coordinator", {}, () => serve).pipe(
  Command.withDescription(
    "Works Gitea issues assigned to a bot in Claude sessions. Configured by environment variables."
  )
)

/** What to do about it where that is known, else all there is to know. */
const sentenceOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  if (error instanceof HttpServerError.ServeError) {
    return `The coordinator cannot listen (${String(error.cause)}): set HOST and PORT to an address that is free`
  }
  return Cause.hasDies(cause) || !(error instanceof Error) || error.message === "" ? Cause.pretty(cause) : error.message
}

const program = Command.run(command, { version: VERSION }).pipe(
  Effect.tapCause((cause) => (Cause.hasInterruptsOnly(cause) ? Effect.void : Console.error(sentenceOf(cause)))),
  Effect.provide(NodeServices.layer)
)

/** Stopping on a signal is what was asked for: exit code 0. */
NodeRuntime.runMain(program, {
  disableErrorReporting: true,
  teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
})
