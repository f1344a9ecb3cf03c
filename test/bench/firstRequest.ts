import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Array, Console, Duration, Effect, Layer, Order } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { taskIdOf } from "../../src/domain/Task.ts"
import { FullName } from "../../src/domain/Repository.ts"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import type { SandboxRepository } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import { issueEvent, signedDelivery } from "../harness/Deliveries.ts"
import type { SignedDelivery } from "../harness/Deliveries.ts"
import { eventually } from "../harness/Eventually.ts"

const ISSUES = 50
/** The first ones meet code that was never run. */
const WARM_UP = 3

const post = Effect.fnUntraced(function* ({ body, headers }: SignedDelivery) {
  const { webhook } = yield* CoordinatorProcess
  const request = HttpClientRequest.post(yield* webhook).pipe(
    HttpClientRequest.bodyText(String(body), "application/json"),
    HttpClientRequest.setHeaders(headers)
  )
  return yield* (yield* HttpClient.execute(request)).text
})

/** Milliseconds from sending the delivery of one assignment to its first request at Claude. The next one waits until it is done. */
const measure = Effect.fnUntraced(function* (repository: SandboxRepository) {
  const gitea = yield* SandboxGitea
  const claude = yield* SandboxClaude
  const { store } = yield* CoordinatorProcess
  const bot = { id: gitea.bot.id, login: gitea.bot.login }
  const issue = yield* gitea.openIssue({
    repository: repository.fullName,
    title: "Slow search",
    body: "It takes 9 s.",
    assignees: [bot.login]
  })
  const delivery = signedDelivery(
    issueEvent({
      repository: { id: repository.id, fullName: FullName.make(repository.fullName) },
      sender: { id: 1_000, login: "acme" },
      issue: { number: issue.number, assignees: [bot] }
    })
  )
  const first = yield* claude.hold("messages")
  const [time] = yield* Effect.timed(Effect.all([post(delivery), first.arrived], { concurrency: "unbounded" }))
  yield* first.release
  const id = taskIdOf(repository.id, issue.number)
  yield* eventually("the task is completed", store.column("tasks", "state", { id }), ([state]) => state === "completed")
  return Duration.toMillis(time)
})

const percentile = (sorted: ReadonlyArray<number>, share: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Infinity).toFixed(0)

/** The real process, idle, gets one assignment after the other. No hook is registered: the deliveries are sent here. */
const program = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  const { launch, listening } = yield* CoordinatorProcess
  const repository = yield* gitea.createRepository("acme/shop")
  yield* listening(yield* launch())
  yield* Effect.replicateEffect(measure(repository), WARM_UP)
  const times = Array.sort(yield* Effect.replicateEffect(measure(repository), ISSUES), Order.Number)
  yield* Console.log(
    `from a signed delivery to the first request at Claude: median ${percentile(times, 0.5)} ms, ` +
      `p99 ${percentile(times, 0.99)} ms, over ${ISSUES} issues one after the other`
  )
})

NodeRuntime.runMain(
  program.pipe(Effect.scoped, Effect.provide(Layer.merge(CoordinatorProcess.layer, NodeHttpClient.layerNodeHttp)))
)
