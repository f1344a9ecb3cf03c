import { Clock, Duration, Effect, Option } from "effect"
import type { Task } from "../domain/Task.ts"
import { Gitea } from "../gitea/Gitea.ts"
import { isMissing } from "../gitea/GiteaError.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import { Outbox } from "../outbox/Outbox.ts"
import type { OutboxRow } from "../outbox/Outbox.ts"
import { AnswerFate } from "../task/AnswerFate.ts"
import { Tasks } from "../task/Tasks.ts"
import { plainText } from "./PlainText.ts"
import { isOverText, WritePlan } from "./WritePlan.ts"

/** One comment is edited at most this often. */
const EDIT_INTERVAL = Duration.seconds(10)
/**
 * Every so many failures of a write over its text, it is tried without what a database may not take. Once is not enough: the answer
 * to that try may be lost, and the comment that was made then is edited.
 */
const PLAIN_EVERY = 2

/** What this process has seen of writes: how often each row failed over its text, and when any last went well (milliseconds). */
const makeWatch = () => {
  const faults = new Map<string, number>()
  let lastWritten: number | null = null
  return {
    isAlone: ({ waitsSince }: OutboxRow) => lastWritten !== null && waitsSince !== null && lastWritten > waitsSince,
    triesPlain: ({ key }: OutboxRow) => {
      const count = faults.get(key) ?? 0
      return count > 0 && count % PLAIN_EVERY === 0
    },
    /** In an outage the look at the issue before the write fails, and no write does. */
    failed: ({ key }: OutboxRow, error: GiteaError) =>
      Effect.sync(() => isOverText(error) && faults.set(key, (faults.get(key) ?? 0) + 1)),
    written: ({ key }: OutboxRow) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        faults.delete(key)
        lastWritten = now
        return now
      }),
    forget: ({ key }: OutboxRow) => Effect.sync(() => faults.delete(key))
  }
}

const callsOf = (gitea: Gitea["Service"], outbox: Outbox["Service"]) => {
  const create = ({ fullName, number }: Task, body: string) =>
    Effect.map(gitea.createComment(fullName, number, body), ({ id }) => id)

  /** None when the comment is no longer there, and nobody must know: whoever took it away does not want it back. */
  const edit = (row: OutboxRow, task: Task, plan: WritePlan & { readonly _tag: "Edit" }, body: string) =>
    gitea.editComment(task.fullName, plan.id, body).pipe(
      Effect.as(Option.some(plan.id)),
      Effect.catchIf(isMissing, () =>
        plan.again
          ? Effect.andThen(outbox.forget(row), Effect.asSome(create(task, body)))
          : Effect.succeed(Option.none<number>())
      )
    )

  return { create, edit }
}

/** Writes and drops rows of the outbox; what follows for a task whose answer a row is, is committed with that. */
export const makeWriting = Effect.gen(function* () {
  const { create, edit } = callsOf(yield* Gitea, yield* Outbox)
  const outbox = yield* Outbox
  const tasks = yield* Tasks
  const watch = makeWatch()

  const drop = (row: OutboxRow, fate: AnswerFate & { readonly _tag: "Lost" }) =>
    Effect.andThen(watch.forget(row), tasks.answer(row.taskId, row.key, fate, outbox.drop(row, fate.why)))

  const sent = (row: OutboxRow, id: number, notBefore: number) =>
    tasks.answer(row.taskId, row.key, AnswerFate.Stands(), outbox.sent(row, id, notBefore))

  const write = Effect.fnUntraced(function* (
    row: OutboxRow,
    task: Task,
    plan: WritePlan & { readonly _tag: "Create" | "Edit" }
  ) {
    if (!(yield* outbox.attempt(row))) {
      return yield* Effect.logWarning("Comment not written: another process holds the store")
    }
    const body = watch.triesPlain(row) ? plainText(row.body) : row.body
    const written = plan._tag === "Create" ? Effect.asSome(create(task, body)) : edit(row, task, plan, body)
    const id = yield* Effect.tapErrorTag(written, "GiteaError", (error) => watch.failed(row, error))
    if (Option.isNone(id)) return yield* outbox.drop(row, "the comment was deleted")
    const now = yield* watch.written(row)
    yield* sent(row, id.value, now + Duration.toMillis(EDIT_INTERVAL))
    if (body !== row.body) yield* Effect.logWarning("Comment written without characters that Gitea cannot store")
    yield* Effect.logInfo("Comment written").pipe(
      Effect.annotateLogs({ comment: id.value, edited: plan._tag === "Edit" })
    )
  })

  const carryOut = (row: OutboxRow, task: Task, plan: WritePlan) =>
    WritePlan.$match(plan, {
      Create: (it) => write(row, task, it),
      Edit: (it) => write(row, task, it),
      Keep: ({ id }) => sent(row, id, 0),
      Drop: ({ why }) => drop(row, AnswerFate.Lost({ to: "cancelled", why }))
    })

  return {
    carryOut,
    /** Whether others were written since this one first failed. */
    isAlone: watch.isAlone,
    /** Keeps the row for later, and tells what its task waits for. */
    postpone: (row: OutboxRow, as: "postpone" | "refused", error: GiteaError, notBefore: number) =>
      tasks.answer(row.taskId, row.key, AnswerFate.Waits({ why: error.message }), outbox[as](row, notBefore)),
    giveUp: (row: OutboxRow, error: GiteaError) => drop(row, AnswerFate.Lost({ to: "parked", why: error.message }))
  }
})
