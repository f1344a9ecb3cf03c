import { Context, Deferred, Effect, FileSystem, Layer, Option, Path, Ref, Schema, Scope, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { SandboxClaude } from "../../../src/sandbox/claude/SandboxClaude.ts"
import { decodeLogLine, sentence } from "../../../src/sandbox/demo/LogLine.ts"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"
import { storeFile } from "../../harness/StoreFile.ts"
import type { StoreFile } from "../../harness/StoreFile.ts"

const SECRET = "only-for-this-soak"
const LISTENING = /^Listening on (?:http:\/\/)?.*?:(\d+)\/?$/
const PATIENCE = "30 seconds"

/** Characters of the line that is kept of each warning. */
const EXAMPLE = 600

/** What all lives wrote together; `sentences` counts the first words of each line under its level. */
export interface Written {
  readonly bytes: number
  readonly lines: number
  readonly sentences: ReadonlyMap<string, number>
  /** The newest line of each sentence at warning and up. */
  readonly examples: ReadonlyMap<string, string>
}

const counted = (written: Written, line: string): Written => {
  const name = Option.match(decodeLogLine(line), {
    onNone: () => `unread ${line}`,
    onSome: (it) => `${it.level} ${sentence(it)}`
  })
  return {
    bytes: written.bytes + Buffer.byteLength(line) + 1,
    lines: written.lines + 1,
    sentences: new Map(written.sentences).set(name, (written.sentences.get(name) ?? 0) + 1),
    examples: name.startsWith("INFO") ? written.examples : new Map(written.examples).set(name, line.slice(0, EXAMPLE))
  }
}

class DidNotListen extends Schema.TaggedError<DidNotListen>()("DidNotListen", {}) {
  override readonly message = "The coordinator did not listen: run `npm run build` first"
}

/** The coordinator as it is deployed, life after life on one store and one port. */
export class Lives extends Context.Service<
  Lives,
  {
    readonly store: StoreFile
    /** Of the life that is, or was last. */
    readonly pid: Effect.Effect<number>
    readonly written: Effect.Effect<Written>
    /** Starts a life and waits until it listens. The hook of the stand-in Gitea learns of the first one. */
    readonly start: Effect.Effect<void>
    /** `kill -9`. */
    readonly kill: Effect.Effect<void>
  }
>()("mosaic-coordinator/test/bench/soak/Lives") {
  static readonly layer = Layer.effect(
    Lives,
    Effect.gen(function* () {
      const gitea = yield* SandboxGitea
      const claude = yield* SandboxClaude
      const path = yield* Path.Path
      const scope = yield* Effect.scope
      const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
      const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "mosaic-soak-" })
      const store = storeFile(path.join(folder, "coordinator.db"))
      const written = yield* Ref.make<Written>({ bytes: 0, lines: 0, sentences: new Map(), examples: new Map() })
      const life = yield* Ref.make<ChildProcessSpawner.ChildProcessHandle | null>(null)
      const port = yield* Ref.make("0")

      const follow = (handle: ChildProcessSpawner.ChildProcessHandle, listening: Deferred.Deferred<string>) =>
        handle.all.pipe(
          Stream.decodeText(),
          Stream.splitLines,
          Stream.runForEach((line) => {
            const found = Option.match(decodeLogLine(line), {
              onNone: () => undefined,
              onSome: (it) => LISTENING.exec(sentence(it))?.[1]
            })
            const noted = Ref.update(written, (it) => counted(it, line))
            return found === undefined ? noted : Effect.andThen(noted, Deferred.succeed(listening, found))
          })
        )

      const start = Effect.gen(function* () {
        const before = yield* Ref.get(port)
        const handle = yield* ChildProcess.make(process.execPath, ["dist/main.js"], {
          extendEnv: false,
          // The group of this script, so that a Ctrl-C ends both.
          detached: false,
          killSignal: "SIGKILL",
          stdin: "ignore",
          env: {
            GITEA_WEBHOOK_SECRET: SECRET,
            GITEA_URL: gitea.url,
            GITEA_TOKEN: gitea.bot.token,
            GITEA_REPOSITORIES: "acme/*",
            ANTHROPIC_API_KEY: claude.apiKey,
            ANTHROPIC_BASE_URL: claude.url,
            ANTHROPIC_MODEL: "claude-sandbox-small",
            ANTHROPIC_MAX_OUTPUT_TOKENS: "1024",
            DATABASE_URL: `sqlite:${store.path}`,
            AGENT_WORK_DIR: path.join(folder, "work"),
            HOST: "127.0.0.1",
            PORT: before,
            LOG_FORMAT: "json",
            COORDINATOR_RECONCILE_INTERVAL: "1 minute"
          }
        })
        const listening = yield* Deferred.make<string>()
        yield* Effect.forkScoped(follow(handle, listening))
        const heard = yield* Effect.timeoutOrElse(Deferred.await(listening), {
          duration: PATIENCE,
          orElse: () => new DidNotListen()
        })
        yield* Ref.set(life, handle)
        yield* Ref.set(port, heard)
        if (before === "0") yield* gitea.addHook({ url: `http://127.0.0.1:${heard}/webhook/gitea`, secret: SECRET })
      }).pipe(
        Effect.orDie,
        Effect.provideService(ChildProcessSpawner.ChildProcessSpawner, spawner),
        Effect.provideService(Scope.Scope, scope)
      )

      return {
        store,
        pid: Effect.map(Ref.get(life), (handle) => handle?.pid ?? 0),
        written: Ref.get(written),
        start,
        kill: Effect.flatMap(Ref.get(life), (handle) =>
          handle === null ? Effect.void : Effect.orDie(handle.kill({ killSignal: "SIGKILL" }))
        )
      }
    })
  )
}
