import { Deferred, Effect, FileSystem, Option, Path, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import { ChildProcess } from "effect/process"
import { WEBHOOK_PATH } from "../../domain/Delivery.ts"
import { SandboxClaude } from "../claude/SandboxClaude.ts"
import { SandboxGitea } from "../gitea/SandboxGitea.ts"
import { decodeLogLine, sentence } from "./LogLine.ts"
import type { LogLine } from "./LogLine.ts"

const LISTENING = /^Listening on (?:http:\/\/)?.*?:(\d+)\/?$/

/** Waits this long for the coordinator to end by itself after SIGTERM. */
const PATIENCE = "10 seconds"

/**
 * Starts the coordinator as `npm start` does, in a process of its own and configured by variables alone: a free port, a store in a
 * temporary folder, throw-away secrets; `environment` comes on top. Ends, with everything it left, when the scope does.
 * `onLine` gets its log; `ended` never completes and dies when the process ends before.
 */
export const startCoordinator = Effect.fnUntraced(function* (
  onLine: (line: LogLine) => Effect.Effect<void>,
  environment: Readonly<Record<string, string>> = {}
) {
  const gitea = yield* SandboxGitea
  const claude = yield* SandboxClaude
  const path = yield* Path.Path
  const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "mosaic-demo-" })
  const secret = yield* (yield* SecureRandom.SecureRandom).uuidV4()
  const main = yield* path.fromFileUrl(new URL("../../main.ts", import.meta.url))
  const child = yield* ChildProcess.make(process.execPath, [main], {
    extendEnv: false,
    killSignal: "SIGTERM",
    forceKillAfter: PATIENCE,
    env: {
      GITEA_WEBHOOK_SECRET: secret,
      GITEA_URL: gitea.url,
      GITEA_TOKEN: gitea.bot.token,
      GITEA_REPOSITORIES: "acme/*",
      ANTHROPIC_API_KEY: claude.apiKey,
      ANTHROPIC_BASE_URL: claude.url,
      ANTHROPIC_MODEL: "claude-sandbox-small",
      ANTHROPIC_MAX_OUTPUT_TOKENS: "1024",
      AGENT_WORK_DIR: path.join(folder, "work"),
      DATABASE_URL: `sqlite:${path.join(folder, "coordinator.db")}`,
      HOST: "127.0.0.1",
      PORT: "0",
      LOG_FORMAT: "json",
      CONTEXT_POLL_INTERVAL: "1 second",
      ...environment
    }
  })
  const port = yield* Deferred.make<number>()
  yield* child.all.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((text) =>
      Option.match(decodeLogLine(text), {
        onNone: () => Effect.logWarning(text),
        onSome: (line) => {
          const found = LISTENING.exec(sentence(line))?.[1]
          return found === undefined ? onLine(line) : Deferred.succeed(port, Number(found))
        }
      })
    ),
    Effect.forkScoped
  )
  const ended = Effect.flatMap(child.exitCode, (code) => Effect.die(`the coordinator ended with exit code ${code}`))
  const url = `http://127.0.0.1:${yield* Effect.raceFirst(Deferred.await(port), ended)}`
  return { url, webhook: `${url}${WEBHOOK_PATH}`, secret, ended }
})
