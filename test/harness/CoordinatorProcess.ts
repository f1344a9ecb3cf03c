import { NodeServices } from "@effect/platform-node"
import { Context, Effect, FileSystem, Layer, Option, Path, Ref, Schema, Scope } from "effect"
import { ChildProcessSpawner } from "effect/process"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { decodeLogLine, sentence } from "../../src/sandbox/demo/LogLine.ts"
import type { LogLine } from "../../src/sandbox/demo/LogLine.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { spawn } from "./ChildProcesses.ts"
import type { Child } from "./ChildProcesses.ts"
import { eventuallyInProcess } from "./Eventually.ts"
import { storeFile } from "./StoreFile.ts"
import type { StoreFile } from "./StoreFile.ts"
import { SECRET } from "./TestSettings.ts"

const LISTENING = /^Listening on (?:http:\/\/)?.*?:(\d+)\/?$/

export type Environment = Readonly<Record<string, string | undefined>>

/** One life of the coordinator: what is logged in it, and its end. */
export interface Life extends Child {
  readonly log: Effect.Effect<ReadonlyArray<LogLine>>
  /** How often a sentence was logged, by its first words. */
  logged(beginning: string): Effect.Effect<number>
}

/** Ended before it listened. */
class NotListening extends Schema.TaggedError<NotListening>()("NotListening", { output: Schema.String }) {}

const lifeOf = (child: Child): Life => {
  const log = Effect.map(child.stdout, (lines) => lines.flatMap((line) => Option.toArray(decodeLogLine(line))))
  const logged = (beginning: string) =>
    Effect.map(log, (all) => all.filter((line) => sentence(line).startsWith(beginning)).length)
  return { ...child, log, logged }
}

/** The coordinator as `npm start` runs it, life after life on the same store, port and stand-ins. */
export class CoordinatorProcess extends Context.Service<
  CoordinatorProcess,
  {
    readonly store: StoreFile
    /** Where its clones and checkouts are. */
    readonly workDir: string
    /** Where deliveries go; known once it has listened. */
    readonly webhook: Effect.Effect<string>
    /** Begins a life, configured by variables alone; `environment` comes on top. */
    launch(environment?: Environment): Effect.Effect<Life, never, Scope.Scope>
    /** Completes once a life listens, and dies with all it wrote when it ends before. */
    listening(life: Life): Effect.Effect<void>
    /** Launched, and listening. The first one is told of by the hook of the stand-in Gitea. */
    readonly start: Effect.Effect<Life, never, Scope.Scope>
  }
>()("mosaic-coordinator/test/harness/CoordinatorProcess") {
  static readonly layerWith = (overrides: Environment = {}) =>
    Layer.suspend(() => Layer.effect(CoordinatorProcess, make(overrides))).pipe(
      Layer.provideMerge(Layer.mergeAll(SandboxGitea.layer, SandboxClaude.layer, NodeServices.layer)),
      Layer.orDie
    )

  static readonly layer = this.layerWith()
}

const make = Effect.fnUntraced(function* (overrides: Environment) {
  const gitea = yield* SandboxGitea
  const claude = yield* SandboxClaude
  const path = yield* Path.Path
  const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "mosaic-test-" })
  const main = yield* path.fromFileUrl(new URL("../../src/main.ts", import.meta.url))
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const port = yield* Ref.make(0)
  const store = storeFile(path.join(folder, "coordinator.db"))
  const workDir = overrides["AGENT_WORK_DIR"] ?? path.join(folder, "work")
  const webhook = Effect.map(Ref.get(port), (it) => `http://127.0.0.1:${it}/webhook/gitea`)

  const launch = Effect.fnUntraced(
    function* (environment: Environment = {}) {
      const child = yield* spawn([main], {
        GITEA_WEBHOOK_SECRET: SECRET,
        GITEA_URL: gitea.url,
        GITEA_TOKEN: gitea.bot.token,
        GITEA_REPOSITORIES: "acme/*",
        ANTHROPIC_API_KEY: claude.apiKey,
        ANTHROPIC_BASE_URL: claude.url,
        ANTHROPIC_MODEL: "claude-sandbox",
        ANTHROPIC_MAX_OUTPUT_TOKENS: "1024",
        DATABASE_URL: `sqlite:${store.path}`,
        HOST: "127.0.0.1",
        PORT: String(yield* Ref.get(port)),
        LOG_FORMAT: "json",
        AGENT_WORK_DIR: workDir,
        // Nobody listens there: sessions have no tools unless a test sets it to nothing.
        AGENT_TOOLS_SOCKET: path.join(folder, "no-tools.sock"),
        // A start that compiles nothing; written by lives that end by themselves.
        NODE_COMPILE_CACHE: path.join(folder, "compiled"),
        ...overrides,
        ...environment
      })
      return lifeOf(child)
    },
    Effect.orDie,
    Effect.provideService(ChildProcessSpawner.ChildProcessSpawner, spawner)
  )

  const listening = Effect.fnUntraced(function* (life: Life) {
    const found = Effect.map(life.log, (all) => all.flatMap((line) => LISTENING.exec(sentence(line))?.[1] ?? [])[0])
    const ended = life.ended.pipe(
      Effect.andThen(Effect.all([life.stdout, life.stderr])),
      Effect.flatMap(([out, err]) => new NotListening({ output: [...out, ...err].join("\n") }))
    )
    const heard = yield* eventuallyInProcess("it listens", found, (it) => it !== undefined).pipe(
      Effect.raceFirst(ended)
    )
    yield* Ref.set(port, Number(heard))
  }, Effect.orDie)

  const start = Effect.gen(function* () {
    const isFirst = (yield* Ref.get(port)) === 0
    const life = yield* launch()
    yield* listening(life)
    if (isFirst) yield* gitea.addHook({ url: yield* webhook, secret: SECRET })
    return life
  })

  return { store, workDir, webhook, launch, listening, start }
})
