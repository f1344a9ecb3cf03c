import { Config, Context, Duration, Effect, Layer, Metric, Stream } from "effect"
import type { PlatformError } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import type { FullName } from "../domain/Repository.ts"
import { redact } from "../domain/Redaction.ts"
import { secretsOf, Settings } from "../Settings.ts"
import type { SettingsValues } from "../Settings.ts"
import * as Metrics from "../telemetry/Metrics.ts"
import { environmentOf } from "./GitEnvironment.ts"
import { detailOf, GitError, reasonOf } from "./GitError.ts"

/** For what happens on this disk, and for what goes over the network. */
const LOCAL_LIMIT = Duration.minutes(2)
const REMOTE_LIMIT = Duration.minutes(10)
/** Bytes of an answer. Objects go through files and never through this process. */
const MAX_ANSWER = 16 * 1024 * 1024
/** Characters of what git says beside its answer; the newest are kept. */
const MAX_COMPLAINT = 8 * 1024
/** After SIGTERM, so that git takes its locks away. */
const PATIENCE = Duration.seconds(2)
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
/** The first that has `merge-tree --write-tree`. */
const OLDEST = [2, 38] as const

export interface GitCall {
  /** What is being done, for errors: "fetch the repository". */
  readonly operation: string
  /** The repository, as a path; null: none. It is never looked for. */
  readonly gitDir: string | null
  readonly args: ReadonlyArray<string>
  /** What git reads. */
  readonly input?: string | Stream.Stream<Uint8Array, PlatformError.PlatformError>
  /** Whether it speaks to Gitea, as the bot; else it stays on this disk. */
  readonly asBot?: boolean
  /** Exit codes beside 0 that are an answer and not a failure. */
  readonly answers?: ReadonlyArray<number>
  /** Beside what every git has, such as GIT_INDEX_FILE. */
  readonly env?: Readonly<Record<string, string>>
}

export interface GitAnswer {
  readonly code: number
  readonly text: string
}

const complaint = (stream: Stream.Stream<Uint8Array, PlatformError.PlatformError>) =>
  stream.pipe(
    Stream.decodeText,
    Stream.runFold(
      () => "",
      (all, text) => `${all}${text}`.slice(-MAX_COMPLAINT)
    )
  )

/** Of git's version as it tells it, why it cannot be used; null where it can. */
export const outdated = (version: string): string | null => {
  const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/.exec(version) ?? []
  const isNew = Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1])
  return isNew ? null : `git ${major}.${minor} is too old: install ${OLDEST.join(".")} or newer`
}

const answerOf = (operation: string, stream: Stream.Stream<Uint8Array, PlatformError.PlatformError>) =>
  stream.pipe(
    Stream.mapAccumEffect(
      () => 0,
      (size, chunk) =>
        size + chunk.length > MAX_ANSWER
          ? Effect.fail(new GitError({ operation, reason: "excess", detail: "the answer is too long" }))
          : Effect.succeed([size + chunk.length, [chunk]] as const)
    ),
    Stream.decodeText,
    Stream.mkString
  )

/**
 * The only code that runs git. It is run on repositories of ours alone, which no agent can write to: a configuration, a hook or an
 * attribute there would run code as the coordinator.
 */
export class Git extends Context.Service<
  Git,
  {
    /** Null where git can be used, else why not. */
    readonly problem: Effect.Effect<string | null>
    /** Within a time limit, with a bounded answer; the whole process group ends with it. */
    run(call: GitCall): Effect.Effect<GitAnswer, GitError>
    /** The answer without the white space around it. */
    text(call: GitCall): Effect.Effect<string, GitError>
    /** Where Gitea serves a repository. To be used as the bot. */
    remote(fullName: FullName): string
    /** Names of the refs under prefixes. */
    refs(gitDir: string, prefixes: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<string>, GitError>
    /** The commit that a ref points to, and its tree; null: there is no such ref. */
    named(
      gitDir: string,
      ref: string
    ): Effect.Effect<{ readonly commit: string; readonly tree: string } | null, GitError>
    /** The tree of a commit. */
    tree(gitDir: string, commit: string): Effect.Effect<string, GitError>
  }
>()("mosaic-coordinator/git/Git") {
  static readonly layer = Layer.effect(
    Git,
    Effect.gen(function* () {
      const settings = yield* Settings
      const exchange = yield* makeExchange(settings)
      const run = Effect.fn("Git.run")((call: GitCall) => {
        const duration = call.asBot === true ? REMOTE_LIMIT : LOCAL_LIMIT
        return Effect.timeoutOrElse(exchange(call), {
          duration,
          orElse: () =>
            Effect.fail(
              new GitError({
                operation: call.operation,
                reason: "excess",
                detail: `it did not end within ${Duration.format(duration)}`
              })
            )
        }).pipe(Effect.tapError(() => Metric.update(Metrics.error("git", call.asBot === true ? "remote" : "local"), 1)))
      })
      const text = (call: GitCall) => Effect.map(run(call), (answer) => answer.text.trim())

      const list = (gitDir: string, format: string, prefixes: ReadonlyArray<string>) =>
        text({ operation: "list refs", gitDir, args: ["for-each-ref", `--format=${format}`, ...prefixes] }).pipe(
          Effect.map((lines) => lines.split("\n").filter((line) => line !== ""))
        )

      const problem = text({ operation: "ask git for its version", gitDir: null, args: ["--version"] }).pipe(
        Effect.match({ onSuccess: outdated, onFailure: (error) => error.message })
      )
      return {
        problem,
        run,
        text,
        remote: (fullName) => `${settings.giteaUrl}/${fullName}.git`,
        refs: (gitDir, prefixes) => list(gitDir, "%(refname)", prefixes),
        named: (gitDir, ref) =>
          Effect.map(list(gitDir, "%(objectname) %(tree)", [ref]), ([line]) => {
            const [commit = "", tree = ""] = line?.split(" ") ?? []
            return line === undefined ? null : { commit, tree }
          }),
        tree: (gitDir, commit) =>
          text({ operation: "read a tree", gitDir, args: ["rev-parse", "--verify", `${commit}^{tree}`] })
      }
    })
  )
}

/** One run of git: what it answered, or why it failed. */
const makeExchange = Effect.fnUntraced(function* (settings: SettingsValues) {
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const path = yield* Effect.orDie(Config.withDefault(Config.String("PATH"), PATH))
  const clean = (text: string) => redact(secretsOf(settings), text)

  const commandOf = ({ args, asBot = false, env = {}, gitDir, input }: GitCall) =>
    ChildProcess.make("git", args, {
      extendEnv: false,
      env: {
        ...environmentOf(
          path,
          asBot ? { to: "gitea", url: settings.giteaUrl, token: settings.giteaToken } : { to: "disk" }
        ),
        ...(gitDir === null ? {} : { GIT_DIR: gitDir }),
        ...env
      },
      stdin: typeof input === "string" ? Stream.encodeText(Stream.make(input)) : (input ?? "ignore"),
      forceKillAfter: PATIENCE
    })

  const exchange = Effect.fnUntraced(
    function* (call: GitCall) {
      const { operation } = call
      const child = yield* spawner.spawn(commandOf(call))
      const [text, said, code] = yield* Effect.all(
        [answerOf(operation, child.stdout), complaint(child.stderr), child.exitCode],
        { concurrency: "unbounded" }
      )
      if (code === 0 || call.answers?.includes(code) === true) return { code, text }
      return yield* new GitError({
        operation,
        reason: reasonOf(said, call.asBot === true ? "gitea" : "disk"),
        detail: clean(detailOf(said))
      })
    },
    Effect.scoped,
    (effect, { operation }) =>
      Effect.catchTag(effect, "PlatformError", (error) => Effect.fail(notRun(operation, error)))
  )

  return exchange
})

const notRun = (operation: string, error: PlatformError.PlatformError): GitError =>
  error.reason._tag === "NotFound"
    ? new GitError({ operation, reason: "absent", detail: "git is not installed" })
    : new GitError({ operation, reason: "failed", detail: `it was not run to its end (${error.reason._tag})` })
