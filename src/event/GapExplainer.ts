import { Clock, DateTime, Duration, Effect, Option, Predicate } from "effect"
import { causeOf, downtimeOf, SLACK } from "../domain/Gap.ts"
import { numberOf } from "../domain/Task.ts"
import { lastGiven, lastTaken } from "../domain/Timeline.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import { concernsGitea } from "../gitea/GiteaError.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import { SetupFaults } from "../telemetry/SetupFaults.ts"
import { Uptime } from "./Uptime.ts"
import { Gaps } from "./Gaps.ts"
import type { Suspect } from "./Gaps.ts"

/** A change younger than this may still have its delivery on the way. */
const ON_ITS_WAY = Duration.seconds(30)

const millis = (text: unknown): number | null =>
  Option.match(Option.flatMap(Option.filter(Option.some(text), Predicate.isString), DateTime.make), {
    onNone: () => null,
    onSome: DateTime.toEpochMillis
  })

/** What Gitea says; or this, where it will never say it. What it cannot say now is asked again in the next round. */
const unless = <A, const B>(read: Effect.Effect<A, GiteaError>, otherwise: B) =>
  Effect.catchIf(
    read,
    (error) => !concernsGitea(error),
    () => Effect.succeed(otherwise)
  )

/** Finds out about the repairs that are suspected to be gaps: dismisses those that a delivery told of, records the others. */
export const makeGapExplainer = Effect.gen(function* () {
  const gitea = yield* Gitea
  const gaps = yield* Gaps
  const identity = yield* BotIdentity
  const uptime = yield* Uptime
  const faults = yield* SetupFaults

  const whenOf = Effect.fnUntraced(function* ({ fullName, state, taskId }: Suspect) {
    const bot = yield* identity.confirmed
    const timeline = yield* unless(gitea.timeline(fullName, numberOf(taskId)), [])
    const entry = state === "cancelled" ? lastTaken(timeline, bot.id) : lastGiven(timeline, bot.id)
    return millis(entry?.createdAt)
  })

  const refusedSince = Effect.fnUntraced(function* (from: number) {
    if (((yield* faults.lastShown("signature")) ?? 0) >= from) return "signature"
    return ((yield* faults.lastShown("size")) ?? 0) >= from ? "size" : null
  })

  const explain = Effect.fnUntraced(function* (suspect: Suspect) {
    const happenedAt = yield* whenOf(suspect)
    const now = yield* Clock.currentTimeMillis
    if (now - (happenedAt ?? suspect.foundAt) < Duration.toMillis(ON_ITS_WAY)) return
    if (yield* gaps.told(suspect, happenedAt)) return yield* gaps.dismiss(suspect)
    const downtimes = yield* uptime.downtimes
    const issue = yield* unless(gitea.issue(suspect.fullName, numberOf(suspect.taskId)), null)
    const cause = causeOf({
      happenedAt,
      issueCreatedAt: millis(issue?.createdAt),
      downtimes,
      hook: yield* unless(gitea.hook(suspect.fullName, happenedAt), "unreadable"),
      received: yield* gaps.received(suspect.fullName, happenedAt),
      refused: yield* refusedSince((happenedAt ?? suspect.foundAt) - SLACK)
    })
    const down = cause === "receiver down" ? downtimeOf({ happenedAt, downtimes }) : null
    yield* gaps.record(suspect, { cause, downFrom: down?.from || null, downTo: down?.to ?? null, happenedAt })
  })

  const explainAll = Effect.flatMap(gaps.suspected, (all) =>
    Effect.forEach(
      all,
      (suspect) =>
        explain(suspect).pipe(
          Effect.catchTag("GiteaError", (error) => Effect.logDebug("Missed delivery cannot be explained yet", error)),
          Effect.annotateLogs({ task: suspect.taskId })
        ),
      { discard: true }
    )
  )
  return { explainAll }
})
