import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer, Logger, Schema } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { EvenRandom } from "../harness/EvenRandom.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { SECRET } from "../harness/TestSettings.ts"
import { makeWire } from "../harness/Wire.ts"

const LIMIT = 60_000
const ALL = ["issues", "issue_assign", "issue_label"]
/** More calls than are made here. */
const MANY = 10_000

const told: Array<{ readonly message: unknown; readonly annotations: Record<string, unknown> }> = []
const listen = Logger.map(Logger.formatStructured, ({ annotations, level, message }) => {
  if (level === "WARN") told.push({ message, annotations })
})
const wire = makeWire()
const server = harness({ log: Logger.layer([listen]), settings: { repositories: ["acme/*"] } }).pipe(
  Layer.provide([wire.layer, EvenRandom])
)

const Component = Schema.Struct({ why: Schema.optionalKey(Schema.String) })
const Ready = Schema.Struct({ components: Schema.Struct({ gitea: Component, intake: Component }) })

/** A repository with a hook of its own, and what readiness and the log say from now on. */
const scene = Effect.fnUntraced(
  function* (repository: string, secret = SECRET) {
    const it = yield* flow
    const client = yield* HttpClient.HttpClient
    yield* it.gitea.createRepository(repository)
    const hook = (own: string) =>
      it.gitea.setHooks(repository, [{ url: it.webhook, secret: own, active: true, events: ALL }])
    yield* hook(secret)
    yield* wire.pass("1 minute")
    const from = told.length
    return {
      ...it,
      hook,
      open: (body = "", pull = false) =>
        it.gitea.openIssue({ repository, title: "Slow search", body, by: "ada", pull }),
      give: (issue: Parameters<typeof it.gitea.assign>[0]) =>
        Effect.andThen(it.gitea.assign(issue, it.gitea.bot.login, "ada"), it.gitea.drained),
      whys: client.get(`${it.url}/health/ready`).pipe(
        Effect.flatMap(HttpClientResponse.schemaBodyJson(Ready)),
        Effect.map(({ components }) => ({ gitea: components.gitea.why ?? "", intake: components.intake.why ?? "" })),
        Effect.orDie
      ),
      lines: (message: string) => told.slice(from).filter((line) => line.message === message)
    }
  },
  Effect.provide(NodeHttpClient.layerNodeHttpOptions({ keepAlive: false }))
)

describe("A mistake in the set-up is told in the log and in readiness:", () => {
  layer(server)((it) => {
    it.effect(
      "a wrong secret of the hook, which then explains the gap, until a delivery is signed right",
      () =>
        Effect.gen(function* () {
          const { becomes, give, hook, lines, open, whys } = yield* scene("acme/secret", "another secret altogether")
          const issue = yield* open()
          yield* give(issue)
          const advice = "compare the hook's secret with GITEA_WEBHOOK_SECRET"
          assert.include((yield* whys).intake, advice)
          yield* wire.pass("6 minutes")
          yield* becomes(issue, "completed")
          assert.include((yield* whys).intake, "signature refused (compare the hook's secret in Gitea")
          const [line, ...more] = lines("Requests failed verification")
          assert.isEmpty(more)
          assert.include(String(line?.annotations["why"]), advice)
          assert.deepInclude(lines("Missed delivery repaired")[0]?.annotations ?? {}, { cause: "signature refused" })

          yield* hook(SECRET)
          yield* give(yield* open())
          yield* wire.pass("9 seconds")
          assert.notInclude((yield* whys).intake, advice)
        }),
      LIMIT
    )

    it.effect(
      "a hook without a secret",
      () =>
        Effect.gen(function* () {
          const { give, open, whys } = yield* scene("acme/unsigned", "")
          yield* give(yield* open())
          assert.include((yield* whys).intake, "X-Gitea-Signature is empty: give the hook a secret")
        }),
      LIMIT
    )

    it.effect(
      "a delivery over 8 MiB, whose issue the comparison finds; one of 7 MiB is taken",
      () =>
        Effect.gen(function* () {
          const { becomes, gitea, give, lines, open, whys } = yield* scene("acme/large")
          const large = yield* open("x".repeat(7 * 1024 * 1024))
          yield* give(large)
          yield* becomes(large, "completed")
          assert.isEmpty(lines("Delivery too large"))
          yield* gitea.close(large)

          const larger = yield* open("x".repeat(9 * 1024 * 1024))
          yield* give(larger)
          assert.include((yield* whys).intake, "over 8 MiB and was not read")
          assert.lengthOf(lines("Delivery too large"), 1)
          yield* wire.pass("6 minutes")
          yield* becomes(larger, "completed")
          const task = `${larger.repository.id}/${larger.number}`
          const gap = lines("Missed delivery repaired").find(({ annotations }) => annotations["task"] === task)
          assert.deepInclude(gap?.annotations ?? {}, { cause: "payload too large" })
        }),
      LIMIT
    )

    it.effect(
      "an assignment in a repository that is not allowed, until the bot is taken off",
      () =>
        Effect.gen(function* () {
          const { gitea, give, lines, open, settled, task, whys } = yield* scene("umbrella/site")
          const issue = yield* open()
          yield* settled
          assert.isEmpty(lines("Assigned in a repository that is not allowed"))
          yield* give(issue)
          const { intake } = yield* whys
          assert.include(intake, "add the repository there and restart")
          assert.notInclude(intake, "umbrella", "anybody may read this")
          yield* wire.pass("6 minutes")
          const [line, ...more] = lines("Assigned in a repository that is not allowed")
          assert.isEmpty(more)
          assert.deepInclude(line?.annotations ?? {}, { repository: "umbrella/site" })
          assert.isUndefined(yield* task(issue))
          yield* gitea.unassign(issue, gitea.bot.login, "ada")
          yield* wire.pass("6 minutes")
          assert.notInclude((yield* whys).intake, "GITEA_REPOSITORIES")
        }),
      LIMIT
    )

    it.effect(
      "a pull request that is assigned to the bot, until it is no longer",
      () =>
        Effect.gen(function* () {
          const { gitea, give, lines, open, task, whys } = yield* scene("acme/pulls")
          const pull = yield* open("", true)
          yield* give(pull)
          yield* wire.pass("6 minutes")
          assert.include((yield* whys).intake, "a pull request is assigned to the bot, and it works on issues alone")
          assert.lengthOf(lines("Assigned to a pull request"), 1)
          assert.isUndefined(yield* task(pull))
          yield* gitea.close(pull)
          yield* wire.pass("6 minutes")
          assert.notInclude((yield* whys).intake, "pull request")
        }),
      LIMIT
    )

    it.effect(
      "two-factor authentication that is enforced, and no task is cancelled by it",
      () =>
        Effect.gen(function* () {
          const { becomes, claude, gitea, give, lines, open, task, whys } = yield* scene("acme/factors")
          const hold = yield* claude.hold("messages")
          const worked = yield* open()
          yield* give(worked)
          yield* becomes(worked, "running")
          // As it is enforced in Gitea: what is asked for by an id, and the search, are answered all the same.
          yield* gitea.fail({ match: /\/api\/v1\/repos\/(?!issues\/search)/, kind: "status", status: 404, times: MANY })
          yield* give(yield* open())
          yield* wire.pass("6 minutes")
          assert.strictEqual((yield* task(worked))?.state, "running")
          assert.include((yield* whys).gitea, "two-factor authentication is enforced: sign in once as the bot")
          const [line, ...more] = lines("Two-factor authentication keeps the bot out")
          assert.isEmpty(more)
          assert.include(String(line?.annotations["why"]), "set it up under Settings, Security")
          yield* hold.release
        }),
      LIMIT
    )
  })
})
