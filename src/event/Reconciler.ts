import { Clock, DateTime, Duration, Effect, Layer, Option, Schedule } from "effect"
import { causeOf } from "../domain/Gap.ts"
import type { Downtime } from "../domain/Gap.ts"
import { isAllowed } from "../domain/Repository.ts"
import { numberOf, taskIdOf } from "../domain/Task.ts"
import type { Task } from "../domain/Task.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import { Settings } from "../Settings.ts"
import { Uptime } from "../storage/Uptime.ts"
import type { IssueRef, Look } from "../task/IssueLook.ts"
import { Observer } from "../task/Observer.ts"
import { Tasks } from "../task/Tasks.ts"
import { Gaps } from "./Gaps.ts"
import { Inbox } from "./Inbox.ts"

const CONCURRENCY = 4
/** A change younger than this may still have its delivery on the way: it is acted upon, but is no gap yet. */
const ON_ITS_WAY = Duration.seconds(30)

const millis = (text: string | undefined): number | null =>
  Option.match(Option.flatMap(Option.fromUndefinedOr(text), DateTime.make), {
    onNone: () => null,
    onSome: DateTime.toEpochMillis
  })

/** Whether the look created the task, started it again or cancelled it; that a worker takes it meanwhile is none of it. */
const isRepair = (before: Task | null, after: Task | null): after is Task =>
  after !== null &&
  (before === null || before.round !== after.round || (after.state === "cancelled" && before.state !== "cancelled"))

/**
 * Hooks are sent once, and lost while nobody listens: at start and at every interval, looks at each open issue that is assigned to
 * the bot, and at the issue of each task that is not over. Absence from the list proves nothing, so every issue is read itself; a
 * list that could not be read whole changes nothing. What a look repairs without a delivery is recorded as a gap.
 */
export const Reconciler = Layer.effectDiscard(
  Effect.gen(function* () {
    const { giteaToken, repositories, reconcileInterval } = yield* Settings
    const gitea = yield* Gitea
    const gaps = yield* Gaps
    const identity = yield* BotIdentity
    const inbox = yield* Inbox
    const observer = yield* Observer
    const tasks = yield* Tasks
    const uptime = yield* Uptime

    /** When what the look showed came about, as far as Gitea tells. */
    const whenOf = Effect.fnUntraced(function* (ref: IssueRef, look: Look) {
      if (look.observation._tag !== "Assigned") return millis(look.issue?.updatedAt)
      const id = look.observation.mandate?.id
      const timeline = yield* gitea.timeline(ref.fullName, numberOf(ref.taskId))
      return millis(timeline.find((entry) => entry.id === id)?.createdAt)
    })

    const explain = Effect.fnUntraced(function* (ref: IssueRef, look: Look, task: Task) {
      const happenedAt = yield* whenOf(ref, look)
      const now = yield* Clock.currentTimeMillis
      if (happenedAt !== null && now - happenedAt < Duration.toMillis(ON_ITS_WAY)) return
      const downtimes = yield* uptime.downtimes
      const cause = causeOf({
        happenedAt,
        issueCreatedAt: millis(look.issue?.createdAt),
        downtimes,
        hook: yield* gitea.hook(ref.fullName),
        received: yield* gaps.received(ref.fullName)
      })
      const down = cause === "receiver down" ? nearest(downtimes, happenedAt ?? now) : undefined
      yield* gaps.record({
        ...ref,
        cause,
        downFrom: down?.from ?? null,
        downTo: down?.to ?? null,
        happenedAt,
        state: task.state
      })
    })

    const compare = (ref: IssueRef) =>
      Effect.gen(function* () {
        const before = yield* tasks.find(ref.taskId)
        const waiting = yield* inbox.of(ref.taskId)
        const look = yield* observer.observe(ref)
        const after = yield* tasks.find(ref.taskId)
        if (waiting.length === 0 && isRepair(before, after)) yield* explain(ref, look, after)
      }).pipe(
        Effect.catchTag("GiteaError", (error) => Effect.logWarning("Issue cannot be looked at yet", error)),
        Effect.annotateLogs({ task: ref.taskId })
      )

    const round = Effect.gen(function* () {
      yield* identity.confirmed
      const listed = (yield* gitea.assigned)
        .filter(({ repository }) => isAllowed(repositories, repository.fullName))
        .map(({ repository, number }) => ({ taskId: taskIdOf(repository.id, number), fullName: repository.fullName }))
      const listedIds = new Set(listed.map(({ taskId }) => taskId))
      const open = (yield* tasks.unfinished).filter(({ taskId }) => !listedIds.has(taskId))
      yield* Effect.forEach([...listed, ...open], compare, { concurrency: CONCURRENCY, discard: true })
      yield* Effect.logInfo("Assigned issues compared").pipe(
        Effect.annotateLogs({ listed: listed.length, open: open.length })
      )
    }).pipe(Effect.catchCause((cause) => Effect.logWarning("Assigned issues cannot be compared yet", cause)))

    if (giteaToken !== null) yield* round.pipe(Effect.repeat(Schedule.spaced(reconcileInterval)), Effect.forkScoped)
  })
)

const nearest = (downtimes: ReadonlyArray<Downtime>, at: number): Downtime | undefined =>
  downtimes.findLast(({ from }) => from <= at) ?? downtimes[0]
