import { NodeCrypto, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Clock, Deferred, Effect, Exit, Layer, Ref } from "effect"
import { SecureRandom } from "effect/crypto"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { developerAgent } from "./claude/DeveloperAgent.ts"
import { SandboxClaude } from "./claude/SandboxClaude.ts"
import { startCoordinator } from "./demo/Coordinator.ts"
import { beginning, tell } from "./demo/Narrator.ts"
import type { LogLine } from "./demo/LogLine.ts"
import { Screen } from "./demo/Screen.ts"
import { SHOP } from "./demo/Shop.ts"
import { comments, ISSUE } from "./demo/Thread.ts"
import { summarise } from "./demo/Summary.ts"
import { SandboxGitea } from "./gitea/SandboxGitea.ts"

/** Between two pieces of a reply, so that the bar can be watched. */
const PACE = "40 millis"
const LIMIT = "60 seconds"

/**
 * Where bubblewrap does not work the demo runs without an isolation, and says so: its agent is scripted and does nothing but what is
 * in this repository. A coordinator of your own never does that by itself.
 */
const isolation = Effect.gen(function* () {
  const screen = yield* Screen
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const trial = ChildProcess.make("bwrap", ["--unshare-all", "--ro-bind", "/", "/", "true"], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore"
  })
  if ((yield* Effect.orElseSucceed(spawner.exitCode(trial), () => 1)) === 0) return {}
  yield* screen.line("tools     not isolated: bubblewrap does not work here, and the agent of this demo is a script")
  return { AGENT_SANDBOX: "none", OPERATOR_TOKEN: yield* (yield* SecureRandom.SecureRandom).uuidV4() }
})

/** The story, told as it happens: an issue, its assignment, the work, and the report on it. */
const demo = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  const claude = yield* SandboxClaude
  const screen = yield* Screen
  const began = yield* Clock.currentTimeMillis
  const story = yield* Ref.make(beginning)
  const finished = yield* Deferred.make<void>()

  const onLine = Effect.fnUntraced(function* (line: LogLine) {
    const told = tell(yield* Ref.get(story), line)
    yield* Ref.set(story, told.story)
    if (told.line !== null) yield* screen.line(told.line)
    if (told.bar !== null) yield* screen.bar(told.bar)
    // The progress comment and the answer.
    if (told.story.outcome !== null && told.story.comments > 1) yield* Deferred.succeed(finished, undefined)
  })

  yield* claude.pace(PACE)
  yield* claude.respond(developerAgent)
  yield* gitea.createRepository(ISSUE.repository)
  yield* gitea.commit(ISSUE.repository, SHOP)
  const issue = yield* gitea.openIssue({ ...ISSUE, by: "ada" })
  yield* Effect.forEach(comments, ({ by, body }) => gitea.comment(issue, body, by), { discard: true })
  yield* screen.line(`gitea     ${ISSUE.repository}#${issue.number} "${ISSUE.title}" with ${comments.length} comments`)

  const { webhook, secret } = yield* startCoordinator(onLine, yield* isolation)
  yield* gitea.addHook({ url: webhook, secret })
  yield* screen.line(`gitea     ada assigns ${gitea.bot.login}`)
  yield* gitea.assign(issue, gitea.bot.login, "ada")

  yield* Effect.timeoutOption(Deferred.await(finished), LIMIT)
  const elapsed = (yield* Clock.currentTimeMillis) - began
  const [pull] = yield* gitea.pulls(ISSUE.repository)
  const shown = pull === undefined ? null : { ...pull, diff: yield* gitea.diff(ISSUE.repository, pull.head) }
  return yield* summarise(yield* Ref.get(story), yield* gitea.comments(issue), shown, elapsed)
})

const program = demo.pipe(
  Effect.scoped,
  Effect.provide(
    Layer.mergeAll(SandboxGitea.layer, SandboxClaude.layer, Screen.layer, NodeCrypto.layer).pipe(
      Layer.provideMerge(NodeServices.layer)
    )
  )
)

NodeRuntime.runMain(program, {
  teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) && exit.value ? 0 : 1)
})
