import { assert, describe, layer } from "@effect/vitest"
import { DateTime, Duration, Effect, Layer, Logger, Schema } from "effect"
import { adviceFor } from "../../src/domain/Gap.ts"
import type { GapCause } from "../../src/domain/Gap.ts"
import { TaskDetail } from "../../src/operator/api/Tasks.ts"
import type { SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { EvenRandom } from "../harness/EvenRandom.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { operatorView } from "../harness/OperatorView.ts"
import { SECRET } from "../harness/TestSettings.ts"
import { makeWire } from "../harness/Wire.ts"

const LIMIT = 60_000
const ALL = ["issues", "issue_assign", "issue_label", "issue_comment"]
const SILENCE = { seed: 1, drop: 1, duplicate: 0, reorder: 0 }

/** The lines that tell of gaps. */
const told: Array<{ readonly level: string; readonly annotations: Record<string, unknown> }> = []
const listen = Logger.map(Logger.formatStructured, ({ annotations, level, message }) => {
  if (message === "Missed delivery repaired") told.push({ level, annotations })
})

const wire = makeWire()
const server = harness({ log: Logger.layer([listen]) }).pipe(Layer.provide([wire.layer, EvenRandom]))

const Ready = Schema.Struct({
  components: Schema.Struct({
    intake: Schema.Struct({ status: Schema.String, why: Schema.optionalKey(Schema.String) })
  })
})

/** A repository of its own and what may be done in it; long enough after the start that nobody was down. */
const scene = Effect.fnUntraced(function* (repository: string) {
  const { becomes, gitea, settled, webhook } = yield* flow
  const { get } = yield* operatorView
  yield* gitea.createRepository(repository)
  yield* wire.pass("1 minute")
  const opened = (assignees: ReadonlyArray<string> = []) =>
    gitea.openIssue({ repository, title: "Slow search", body: "", by: "ada", assignees })
  const give = (issue: SandboxIssue) => gitea.assign(issue, gitea.bot.login, "ada")
  return {
    bot: gitea.bot.login,
    opened,
    /** One that was open for a while. */
    assigned: Effect.gen(function* () {
      const issue = yield* opened()
      yield* wire.pass("1 minute")
      yield* give(issue)
      yield* settled
      return issue
    }),
    give,
    unheard: <A>(act: Effect.Effect<A>) =>
      Effect.acquireUseRelease(
        gitea.disturb(SILENCE),
        () => act,
        () => gitea.disturb(null)
      ),
    worked: (issue: SandboxIssue) => becomes(issue, "completed"),
    settled,
    administered: gitea.promote(repository),
    hook: (hook: { readonly active?: boolean; readonly events?: ReadonlyArray<string>; readonly denied?: boolean }) =>
      gitea.setHooks(repository, [{ url: webhook, secret: SECRET, active: true, events: ALL, ...hook }]),
    noHook: gitea.setHooks(repository, []),
    intake: Effect.map(get("/health/ready", Ready), ({ components }) => components.intake),
    gapsOf: ({ number, repository: { id } }: SandboxIssue) =>
      Effect.map(get(`/api/tasks/${id}/${number}`, TaskDetail), ({ gaps }) => gaps)
  }
})
type Scene = Effect.Success<ReturnType<typeof scene>>

/** What is lost and how, by the evidence there is of it; "receiver down" needs processes that end, see Downtime.test.ts. */
const losses: ReadonlyArray<{
  readonly cause: GapCause
  readonly evidence: string
  readonly lose: (it: Scene) => Effect.Effect<SandboxIssue>
}> = [
  {
    cause: "hook missing",
    evidence: "no hook can be listed, and no delivery ever came",
    lose: ({ assigned, noHook }) => Effect.andThen(noHook, assigned)
  },
  {
    cause: "hook missing",
    evidence: "none is listed, and no delivery came any more",
    lose: ({ administered, assigned, noHook, worked }) =>
      Effect.gen(function* () {
        yield* administered
        yield* worked(yield* assigned)
        yield* noHook
        return yield* assigned
      })
  },
  {
    cause: "hook missing",
    evidence: "the hook that is listed was created after the change",
    lose: ({ administered, assigned, hook, noHook }) =>
      Effect.gen(function* () {
        yield* administered
        yield* noHook
        const issue = yield* assigned
        yield* wire.pass("10 seconds")
        yield* hook({})
        return issue
      })
  },
  {
    cause: "hook inactive",
    evidence: "the hook that is listed is not active",
    lose: ({ administered, assigned, hook }) =>
      Effect.all([administered, hook({ active: false })]).pipe(Effect.andThen(assigned))
  },
  {
    cause: "not subscribed to assignments",
    evidence: "the hook is listed without them, though some came before",
    lose: ({ administered, assigned, hook, worked }) =>
      Effect.gen(function* () {
        yield* administered
        yield* worked(yield* assigned)
        yield* hook({ events: ["issues"] })
        return yield* assigned
      })
  },
  {
    cause: "not subscribed to assignments",
    evidence: "no hook can be listed, and deliveries came that were about something else",
    lose: ({ assigned, hook }) => Effect.andThen(hook({ events: ["issues"] }), assigned)
  },
  {
    cause: "host not allowed",
    evidence: "the hook is listed and all right, and yet no delivery ever came",
    lose: ({ administered, assigned, hook }) =>
      Effect.all([administered, hook({ denied: true })]).pipe(Effect.andThen(assigned))
  },
  {
    cause: "created with assignee",
    evidence: "it was assigned when it was opened, and its repository's other assignments came",
    lose: ({ assigned, bot, hook, opened, unheard, worked }) =>
      Effect.gen(function* () {
        yield* hook({ events: ["issue_assign"] })
        yield* worked(yield* assigned)
        return yield* unheard(opened([bot]))
      })
  },
  {
    cause: "created with assignee",
    evidence: "it was assigned at once, and what told of the issue came before that",
    lose: ({ give, hook, opened, settled, unheard }) =>
      Effect.gen(function* () {
        yield* hook({})
        const issue = yield* opened()
        yield* settled
        yield* unheard(give(issue))
        return issue
      })
  },
  {
    cause: "unknown",
    evidence: "the hook is listed and all right, and deliveries came",
    lose: ({ administered, assigned, hook, unheard, worked }) =>
      Effect.gen(function* () {
        yield* Effect.all([administered, hook({})])
        yield* worked(yield* assigned)
        return yield* unheard(assigned)
      })
  }
]

describe("A gap is told in the API, in readiness and in the log as", () => {
  layer(server)((it) => {
    losses.forEach(({ cause, evidence, lose }, index) =>
      it.effect(
        `"${cause}" when ${evidence}`,
        () =>
          Effect.gen(function* () {
            const stage = yield* scene(`acme/shop-${index}`)
            const before = told.length
            const issue = yield* lose(stage)
            const at = yield* DateTime.now
            yield* wire.pass("6 minutes")

            const [gap, ...more] = yield* stage.gapsOf(issue)
            assert.isEmpty(more)
            assert.deepInclude(gap, { cause, state: "ready", downFrom: null, downTo: null })
            const happened = Duration.toSeconds(DateTime.distance(gap?.happenedAt ?? at, at))
            assert.isAtMost(Math.abs(happened), 30)
            const { status, why } = yield* stage.intake
            assert.strictEqual(status, "degraded")
            assert.include(why, `${cause} (${adviceFor[cause]})`)
            const task = `${issue.repository.id}/${issue.number}`
            assert.deepStrictEqual(told.slice(before), [
              { level: "WARN", annotations: { task, cause, state: "ready", advice: adviceFor[cause] } }
            ])
            yield* stage.worked(issue)
          }),
        LIMIT
      )
    )

    it.effect(
      "nothing where the hook told of the issue itself, though its assignment was lost as it was opened",
      () =>
        Effect.gen(function* () {
          const { bot, gapsOf, hook, opened, settled, worked } = yield* scene("acme/race")
          yield* hook({ events: ["issues"] })
          const issue = yield* opened([bot])
          yield* settled
          yield* worked(issue)
          yield* wire.pass("6 minutes")
          assert.isEmpty(yield* gapsOf(issue))
        }),
      LIMIT
    )
  })
})
