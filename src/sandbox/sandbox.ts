import { NodeCrypto, NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Cause, Effect, Exit, Layer, Ref, Stream } from "effect"
import { SecureRandom } from "effect/crypto"
import { developerAgent } from "./claude/DeveloperAgent.ts"
import { SandboxClaude } from "./claude/SandboxClaude.ts"
import { startCoordinator } from "./demo/Coordinator.ts"
import type { LogLine } from "./demo/LogLine.ts"
import { beginning, tell } from "./demo/Narrator.ts"
import { SHOP } from "./demo/Shop.ts"
import { ISSUE } from "./demo/Thread.ts"
import { SandboxGitea } from "./gitea/SandboxGitea.ts"
import { parse } from "./prompt/CommandLine.ts"
import { makePlayground } from "./prompt/Playground.ts"
import { Prompt } from "./prompt/Prompt.ts"

/** Between two pieces of a reply, so that it can be watched and interrupted. */
const PACE = "20 millis"
/** Short, so that a lost hook is repaired while somebody watches. */
const RECONCILE_INTERVAL = "15 seconds"

/** Both stand-ins and a coordinator, which stay up until somebody quits. */
const sandbox = Effect.gen(function* () {
  const claude = yield* SandboxClaude
  const gitea = yield* SandboxGitea
  const { lines, say } = yield* Prompt
  const token = yield* (yield* SecureRandom.SecureRandom).uuidV4()
  const story = yield* Ref.make(beginning)

  const onLine = Effect.fnUntraced(function* (line: LogLine) {
    const told = tell(yield* Ref.get(story), line)
    yield* Ref.set(story, told.story)
    if (told.line !== null) yield* say(told.line)
    if (told.bar !== null) yield* say(told.bar)
  })

  yield* claude.pace(PACE)
  yield* claude.respond(developerAgent)
  yield* gitea.createRepository(ISSUE.repository)
  yield* gitea.commit(ISSUE.repository, SHOP)
  const { ended, secret, url, webhook } = yield* startCoordinator(onLine, {
    COORDINATOR_RECONCILE_INTERVAL: RECONCILE_INTERVAL,
    OPERATOR_TOKEN: token
  })
  yield* gitea.addHook({ url: webhook, secret })
  yield* say(`The coordinator is at ${url}. Its operator API takes this header: Authorization: Bearer ${token}`)
  yield* say('Type "open" to open an issue, "help" for all commands, "quit" to stop.')

  const obey = yield* makePlayground({ url, token })
  yield* lines.pipe(
    Stream.map(parse),
    Stream.filter((command) => command !== null),
    Stream.takeUntil(({ _tag }) => _tag === "Quit"),
    Stream.runForEach(obey),
    Effect.raceFirst(ended)
  )
  yield* say("Stopping.")
})

const program = sandbox.pipe(
  Effect.scoped,
  Effect.provide(
    Layer.mergeAll(
      SandboxGitea.layer,
      SandboxClaude.layer,
      Prompt.layer,
      NodeCrypto.layer,
      NodeHttpClient.layerNodeHttp
    ).pipe(Layer.provideMerge(NodeServices.layer))
  )
)

/** Stopping on a signal is what was asked for. */
NodeRuntime.runMain(program, {
  teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1)
})
