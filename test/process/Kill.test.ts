import { assert, describe, it } from "@effect/vitest"
import { Clock, Console, Effect, Layer, Random, Ref } from "effect"
import { createHash } from "node:crypto"
import { FullName } from "../../src/domain/Repository.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import type { SandboxIssue } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import { issueEvent, PERSON, signedDelivery } from "../harness/Deliveries.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"
import type { Where } from "../harness/StoreView.ts"
import type { TableName } from "../harness/Tables.ts"
import { Sender } from "../harness/Sender.ts"
import { killAfterAnswer, killAfterCommit, killAfterPost, killAnywhere } from "./kills.ts"

const LIMIT = 480_000
const SEED = "kill -9"
const CONNECTIONS = 8
const REPOSITORY = "acme/shop"
const ACTIONS = ["assigned", "edited", "label_updated"] as const

/** At least so many kills of each kind; those that have to hit a moment are repeated until they did, at most so many times. */
const ANYWHERE = { wanted: 0, kills: 9, most: 9 }
const JUST_ANSWERED = { wanted: 0, kills: 4, most: 4 }
const STORED_UNANSWERED = { wanted: 2, kills: 4, most: 15 }
const POSTED_UNMARKED = { wanted: 3, kills: 4, most: 8 }
const Harness = Layer.unwrap(
  Effect.map(CoordinatorProcess, ({ webhook }) => Sender.layerWith(CONNECTIONS, webhook))
).pipe(Layer.provideMerge(CoordinatorProcess.layer))

const sha256 = (body: string | Uint8Array) => createHash("sha256").update(body).digest("hex")

/** A person opens an issue and assigns the bot; three deliveries tell of it. */
const assign = Effect.fnUntraced(function* (
  repository: SandboxIssue["repository"],
  issues: Ref.Ref<ReadonlyArray<SandboxIssue>>
) {
  const gitea = yield* SandboxGitea
  const { send } = yield* Sender
  const issue = yield* gitea.openIssue({
    repository: REPOSITORY,
    title: "Slow search",
    body: "It takes 9 s.",
    by: "ada"
  })
  yield* gitea.assign(issue, gitea.bot.login, "ada")
  yield* Ref.update(issues, (all) => [...all, issue])
  yield* Effect.forEach(ACTIONS, (action) =>
    send(
      signedDelivery(
        issueEvent({
          action,
          repository: { id: repository.id, fullName: FullName.make(repository.fullName) },
          sender: { ...PERSON, id: 1_000 },
          issue: { number: issue.number, assignees: [{ id: gitea.bot.id, login: gitea.bot.login }] }
        })
      )
    )
  )
})

const commentsOf = (issues: ReadonlyArray<SandboxIssue>) =>
  Effect.flatMap(SandboxGitea, (gitea) =>
    Effect.map(
      Effect.forEach(issues, (issue) => gitea.comments(issue)),
      (all) => all.flat()
    )
  )

interface Quota {
  readonly wanted: number
  readonly kills: number
  readonly most: number
}

const none = <T extends TableName>(what: string, table: T, where: Where<T>) =>
  Effect.flatMap(CoordinatorProcess, ({ store }) =>
    eventuallyInProcess(what, store.count(table, where), (left) => left === 0)
  )
const UNDER_WAY = { state: ["ready", "running"] } as const

/** A third crash in the same step ends a task, as it should: one that was hit twice is let finish first. */
const spare = Effect.gen(function* () {
  const { start, store } = yield* CoordinatorProcess
  const tasks = yield* store.read("tasks", ["attempts", "step"])
  if (!tasks.some(({ attempts, step }) => attempts > 0 && step !== null)) return
  const life = yield* start
  yield* none("every task is over", "tasks", UNDER_WAY)
  yield* life.signal("SIGTERM")
  assert.strictEqual(yield* life.ended, 0)
})

/** New work, then a kill; again, until there were enough of both. */
const rounds = Effect.fnUntraced(function* <E, R, E2, R2>(
  quota: Quota,
  assignments: Effect.Effect<void, E, R>,
  kill: Effect.Effect<number, E2, R2>
) {
  const tally = yield* Ref.make({ kills: 0, hits: 0 })
  yield* Effect.scoped(spare).pipe(
    Effect.andThen(assignments),
    Effect.andThen(Effect.scoped(kill)),
    Effect.flatMap((hits) => Ref.updateAndGet(tally, (it) => ({ kills: it.kills + 1, hits: it.hits + hits }))),
    Effect.repeat({
      until: ({ hits, kills }) => kills >= quota.most || (kills >= quota.kills && hits >= quota.wanted)
    })
  )
  return yield* Ref.get(tally)
})

const allAnswered = Effect.flatMap(Sender, ({ ledger }) =>
  eventuallyInProcess("every delivery is answered", ledger, (all) =>
    [...all.values()].every(({ status }) => status !== null)
  )
)

describe("Kill", () => {
  it.live(
    "loses and doubles nothing, whenever it is killed",
    () =>
      Effect.gen(function* () {
        const gitea = yield* SandboxGitea
        const { start, store } = yield* CoordinatorProcess
        const { ledger } = yield* Sender
        const began = yield* Clock.currentTimeMillis
        const repository = yield* gitea.createRepository(REPOSITORY)
        const issues = yield* Ref.make<ReadonlyArray<SandboxIssue>>([])
        const work = assign(repository, issues)
        const more = Effect.andThen(work, work)

        const first = yield* start
        yield* first.signal("SIGTERM")
        assert.strictEqual(yield* first.ended, 0)

        const posted = yield* rounds(POSTED_UNMARKED, work, killAfterPost(issues))
        const anywhere = yield* rounds(ANYWHERE, work, killAnywhere)
        const answered = yield* rounds(JUST_ANSWERED, more, killAfterAnswer)
        const unanswered = yield* rounds(STORED_UNANSWERED, more, killAfterCommit)
        const kills = anywhere.kills + answered.kills + unanswered.kills + posted.kills
        const lastKill = yield* Clock.currentTimeMillis

        yield* start
        yield* allAnswered
        yield* none("every delivery has its final status", "deliveries", { status: "accepted" })
        yield* none("every task is over", "tasks", UNDER_WAY)
        yield* none("every comment is written", "outbox", { commentId: null })
        const ended = yield* Clock.currentTimeMillis
        const all = yield* Ref.get(issues)
        const sent = [...(yield* ledger).values()]
        yield* Console.log(
          `${kills} kills: ${unanswered.hits} deliveries stored and not answered in ${unanswered.kills}, ` +
            `${posted.hits} comments written and not marked in ${posted.kills}; ${all.length} issues, ` +
            `${sent.length} deliveries; ${lastKill - began} ms of kills, ${ended - lastKill} ms to the end`
        )
        assert.deepStrictEqual([...new Set(sent.map(({ status }) => status))], [200])
        const stored = yield* store.read("deliveries", ["deliveryId", "bodyHash", "status"])
        const ofSender = stored.filter(({ deliveryId }) => sent.some(({ delivery }) => delivery.id === deliveryId))
        assert.deepStrictEqual(
          ofSender.map(({ bodyHash, deliveryId, status }) => `${deliveryId} ${bodyHash} ${status}`).sort(),
          sent.map(({ delivery: { body, id } }) => `${id} ${sha256(body)} done`).sort()
        )
        // The hook of the stand-in sends as well, each once and whether or not anybody listens.
        const hooked = (yield* gitea.deliveries).filter(({ outcome }) => "status" in outcome && outcome.status === 200)
        assert.deepStrictEqual(
          hooked.filter(({ id }) => stored.filter(({ deliveryId }) => deliveryId === id).length !== 1),
          []
        )

        const keys = all.map(({ number, repository: { id } }) => `${id}/${number}`)
        const tasks = yield* store.read("tasks", ["id", "state"])
        assert.sameMembers(
          tasks.map(({ id, state }) => `${id} ${state}`),
          keys.map((key) => `${key} completed`)
        )
        assert.sameMembers([...(yield* store.column("transitions", "taskId", { to: "ready" }))], keys)
        const bodies = (yield* commentsOf(all)).map(({ body }) => /<!-- mosaic (.*?) -->/.exec(body)?.[1])
        assert.sameMembers(
          bodies,
          keys.flatMap((key) => [`task ${key} progress`, `task ${key} report 1`])
        )

        assert.isAtLeast(kills, 20)
        assert.isAtLeast(unanswered.hits, 1)
        assert.isAtLeast(posted.hits, 1)
      }).pipe(Random.withSeed(SEED), Effect.provide(Harness)),
    LIMIT
  )
})
