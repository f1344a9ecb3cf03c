import { NodeServices } from "@effect/platform-node"
import { Duration, Effect, Fiber, Layer, Redacted, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import type { ModelError } from "../../src/anthropic/ModelError.ts"
import { FullName } from "../../src/domain/Repository.ts"
import { Gitea } from "../../src/gitea/Gitea.ts"
import type { GiteaError } from "../../src/gitea/GiteaError.ts"
import { GiteaRetry } from "../../src/gitea/GiteaClient.ts"
import type { Operation } from "../../src/sandbox/claude/Fault.ts"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { MAX_OUTPUT, request } from "../anthropic/support.ts"
import { eventually } from "../harness/Eventually.ts"
import { shell } from "../harness/Shell.ts"
import { settings } from "../harness/TestSettings.ts"
import { makeFetch } from "./faultFetch.ts"
import { callOf, isSilent } from "./faults.ts"
import type { CodeOperation, FaultCase, GiteaOperation } from "./faults.ts"

/** What an adapter makes of a fault. */
export interface Verdict {
  readonly error: string
  readonly status: number | null
  readonly retryable: boolean
  /** Milliseconds that the other side asked to wait. */
  readonly retryAfter: number | null
}

const STEP = Duration.seconds(5)
const REPOSITORY = FullName.make("acme/shop")
const CODE = FullName.make("acme/code")
/** More than pull requests are made. */
const HEADS = 20

const wire = makeFetch()

/** A compaction without a summary is an answer, and so is that hooks cannot be read. */
const answered = (): Verdict => ({ error: "none", status: null, retryable: false, retryAfter: null })

/** The adapters themselves, one try per call. */
const Adapters = Layer.mergeAll(Gitea.layer, Anthropic.layer).pipe(
  Layer.provide(Layer.succeed(GiteaRetry, Schedule.recurs(0))),
  Layer.provide(
    Layer.unwrap(
      Effect.gen(function* () {
        const gitea = yield* SandboxGitea
        const claude = yield* SandboxClaude
        return settings({
          giteaUrl: gitea.url,
          giteaToken: Redacted.make(gitea.bot.token),
          anthropicUrl: claude.url,
          anthropicKey: Redacted.make(claude.apiKey)
        })
      })
    )
  ),
  Layer.provideMerge(Layer.mergeAll(SandboxGitea.layer, SandboxClaude.layer, NodeServices.layer)),
  Layer.provideMerge(wire.layer),
  Layer.orDie
)

/** Calls about code, in a repository that has what they are about. */
const codeCallsOf = Effect.gen(function* () {
  const gitea = yield* Gitea
  const sandbox = yield* SandboxGitea
  const { id } = yield* sandbox.createRepository(CODE)
  yield* sandbox.promote(CODE)
  const commit = yield* sandbox.commit(CODE, { "README.md": "A shop." })
  // What is made although its answer is lost is not made twice.
  yield* shell(yield* sandbox.folder(CODE), `for it in $(seq ${HEADS}); do git branch head-$it ${commit}; done`)
  let heads = 0
  const createPull = Effect.suspend(() => {
    heads += 1
    return gitea.createPull(CODE, { title: "Faster", body: "", head: `head-${heads}`, base: "main" })
  })
  const { number } = yield* createPull
  const [person] = yield* gitea.assignable(CODE)
  const who = person ?? (yield* Effect.die(`nobody can be assigned in repository ${id}`))
  return {
    access: gitea.access(CODE),
    writer: gitea.writer(CODE, who.id),
    writerNamed: gitea.writer(CODE, who.id),
    createPull,
    setStatus: gitea.setStatus(CODE, commit, { state: "success", context: "checks", description: "" }),
    openPullsToHandIn: gitea.openPulls(CODE),
    openPulls: gitea.openPulls(CODE),
    branch: gitea.branch(CODE, "main"),
    editPull: gitea.editPull(CODE, number, { title: "Faster", body: "Much." }),
    assignable: gitea.assignable(CODE),
    mayWrite: gitea.mayWrite(CODE, who.login),
    pull: gitea.pull(CODE, number)
  } satisfies { readonly [O in CodeOperation]: Effect.Effect<unknown, GiteaError> }
})

const suffered = Effect.fnUntraced(function* (cases: ReadonlyArray<FaultCase>) {
  const gitea = yield* Gitea
  const anthropic = yield* Anthropic
  const sandboxGitea = yield* SandboxGitea
  const sandboxClaude = yield* SandboxClaude
  const { id } = yield* sandboxGitea.createRepository(REPOSITORY)
  const { number } = yield* sandboxGitea.openIssue({ repository: REPOSITORY, title: "Slow search", body: "" })
  yield* sandboxGitea.promote(REPOSITORY)
  const comment = yield* gitea.createComment(REPOSITORY, number, "At work.")

  const giteaCalls: { readonly [O in GiteaOperation]: Effect.Effect<unknown, GiteaError> } = {
    whoAmI: gitea.whoAmI,
    scopes: gitea.scopes,
    issue: gitea.issue(REPOSITORY, number),
    repository: gitea.repository(id),
    repositoryOfRenamed: gitea.repository(id),
    repositoryNamed: gitea.repositoryNamed(REPOSITORY),
    timeline: gitea.timeline(REPOSITORY, number),
    dependencies: gitea.dependencies(REPOSITORY, number),
    comments: gitea.comments(REPOSITORY, number),
    createComment: gitea.createComment(REPOSITORY, number, "On it."),
    editComment: gitea.editComment(REPOSITORY, comment.id, "Done."),
    assigned: gitea.assigned,
    hook: gitea.hook(REPOSITORY, null),
    ...(yield* codeCallsOf)
  }
  const claudeCalls: { readonly [O in Operation]: Effect.Effect<unknown, ModelError> } = {
    messages: anthropic.turn(request(), MAX_OUTPUT, () => Effect.void),
    models: anthropic.info("claude-sandbox"),
    count_tokens: anthropic.count(request()),
    compact: anthropic.compact(request(), MAX_OUTPUT)
  }

  const strike = (it: FaultCase) =>
    Effect.suspend(() => {
      wire.suffer(it)
      if (it.fault.kind === "refused") return Effect.void
      return it.side === "Gitea"
        ? sandboxGitea.fail({ ...it.fault, match: callOf(it.operation).match })
        : sandboxClaude.fail(it.operation, it.fault)
    })

  const verdictOf = (it: FaultCase): Effect.Effect<Verdict> =>
    it.side === "Gitea"
      ? Effect.match(giteaCalls[it.operation], {
          onSuccess: answered,
          onFailure: ({ _tag, retryAfter, retryable, status }) => ({
            error: _tag,
            status,
            retryable,
            retryAfter
          })
        })
      : Effect.match(claudeCalls[it.operation], {
          onSuccess: answered,
          onFailure: (error) => ({
            error: error._tag === "ModelUnavailable" ? `${error._tag} ${error.kind}` : error._tag,
            status: null,
            retryable: error.retryable,
            retryAfter: "retryAfter" in error ? error.retryAfter : null
          })
        })

  /** Silence ends with time, and only with that: the clock stands still for all else. */
  const inSilence = Effect.fnUntraced(function* (it: FaultCase) {
    const call = yield* Effect.forkChild(verdictOf(it))
    const moment = Effect.andThen(
      TestClock.adjust(STEP),
      Effect.sync(() => call.pollUnsafe())
    )
    yield* eventually(`${it.side} ${it.operation} is given up`, moment, (exit) => exit !== undefined)
    return yield* Fiber.join(call)
  })

  return yield* Effect.forEach(cases, (it) => Effect.andThen(strike(it), isSilent(it) ? inSilence(it) : verdictOf(it)))
})

/** The verdict on every case, in order: each call made once, by the adapter itself. */
export const verdictsOf = (cases: ReadonlyArray<FaultCase>) =>
  suffered(cases).pipe(Effect.provide(Adapters, { local: true }), Effect.provide(TestClock.layer(), { local: true }))
