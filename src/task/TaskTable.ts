import { Duration, Effect, Schema } from "effect"
import { SqlSchema } from "effect/sql"
import type { SqlClient, Statement } from "effect/sql"
import { IssueRef } from "../domain/IssueRef.ts"
import type { Subject } from "../domain/IssueRef.ts"
import type { Mandate } from "../domain/Mandate.ts"
import { Task } from "../domain/Task.ts"
import type { TaskId } from "../domain/Task.ts"
import { OVER } from "../domain/TaskState.ts"
import type { TaskState } from "../domain/TaskState.ts"
import { LEASE, LeaseLost } from "./Lease.ts"
import type { Claim } from "./Lease.ts"

const { mandate: _, ...columns } = Task.fields

const Row = Schema.Struct({
  ...columns,
  mandateSource: Schema.NullOr(Schema.Literals(["timeline", "delivery"])),
  mandateId: Schema.NullOr(Schema.Int)
})

const taskOf = (row: unknown) =>
  Effect.map(Schema.decodeUnknownEffect(Row)(row), ({ mandateSource, mandateId, ...task }): Task => ({
    ...task,
    mandate: mandateSource === null || mandateId === null ? null : { source: mandateSource, id: mandateId }
  }))

const first = (rows: ReadonlyArray<unknown>) => (rows[0] === undefined ? Effect.succeed(null) : taskOf(rows[0]))

const encodeIds = Schema.encodeSync(Schema.fromJsonString(Schema.Array(Schema.String)))

/** What a task has used since it last became ready; `elapsed` in milliseconds. */
export interface Account {
  readonly turns: number
  readonly tokens: number
  readonly elapsed: number
}

/** What a paid request adds to the account before it has a reply; negative where it is taken back. */
export interface Charge {
  readonly requests: number
  readonly tokens: number
  readonly elapsed: number
}

/** What is written of an issue that asks for work anew; times in milliseconds. */
interface Ready {
  readonly mandate: Mandate | null
  readonly cause: string
  readonly now: number
  readonly traceparent: string | null
}

/** A rest or a lease that ends later than this from now was stored by another clock, and is void. */
const LONGEST_HOLD = Duration.toMillis(Duration.minutes(10))

/** Until when a task is not handed out: a rest, or the lease of the run that has it. */
const heldUntil = (sql: SqlClient.SqlClient, steady: number) => {
  const furthest = steady + LONGEST_HOLD
  return sql`max(case when not_before > ${furthest} then 0 else not_before end,
    case when lease is null or lease_expires_at > ${furthest} then 0 else lease_expires_at end)`
}

/** Every statement on the table `tasks`, but for those that only operators need (`TaskRecords`). */
export const makeTaskTable = (sql: SqlClient.SqlClient) => {
  const find = (id: TaskId) => Effect.flatMap(sql`select * from tasks where id = ${id}`, first)

  const idsOf = Effect.map((rows: ReadonlyArray<{ readonly id: TaskId }>): ReadonlySet<TaskId> => {
    return new Set(rows.map(({ id }) => id))
  })

  const existing = (ids: ReadonlyArray<TaskId>) =>
    idsOf(sql<{ id: TaskId }>`select id from tasks where id in (select value from json_each(${encodeIds(ids)}))`)

  const running = (ids: ReadonlyArray<TaskId>) =>
    idsOf(sql<{ id: TaskId }>`select id from tasks
      where id in (select value from json_each(${encodeIds(ids)})) and state = 'running'`)

  const unfinished = SqlSchema.findAll({
    Request: Schema.Void,
    Result: IssueRef,
    execute: () => sql`select id as task_id, full_name from tasks where not ${sql.in("state", OVER)}`
  })

  /** What is not ready from the beginning was found on its issue. */
  const insert = (
    id: TaskId,
    subject: Subject,
    { mandate, cause, now, traceparent }: Ready,
    state: TaskState,
    round: number
  ) =>
    sql`insert into tasks ${sql.insert({
      id,
      repositoryId: subject.repositoryId,
      number: subject.number,
      fullName: subject.fullName,
      title: subject.title,
      state,
      round,
      foundAt: state === "ready" ? null : now,
      priority: subject.priority,
      mandateSource: mandate?.source ?? null,
      mandateId: mandate?.id ?? null,
      cause,
      readyAt: now,
      createdAt: now,
      updatedAt: now,
      traceparent
    })}`

  const served = (mandate: Mandate | null) =>
    sql`mandate_source = ${mandate?.source ?? null}, mandate_id = ${mandate?.id ?? null}`

  /** `again`: in new sessions. */
  const restart = (id: TaskId, again: boolean, { mandate, cause, now, traceparent }: Ready) =>
    sql`update tasks set state = 'ready', ${served(mandate)}, cause = ${cause}, generation = generation + ${again ? 1 : 0},
      saved = iif(${again ? 1 : 0}, null, saved),
      round = round + 1, attempts = 0, turns = 0, tokens = 0, elapsed = 0, requests = 0, tries = 0, suspect = 0, not_before = 0,
      ready_at = ${now}, updated_at = ${now}, traceparent = ${traceparent} where id = ${id}`

  const serve = (id: TaskId, mandate: Mandate) => sql`update tasks set ${served(mandate)} where id = ${id}`

  const noteText = (id: TaskId, text: string | null) => sql`update tasks set assigned_text = ${text} where id = ${id}`

  /** Takes the lease away, whoever works it. */
  const stop = (id: TaskId, to: TaskState, cause: string, now: number) =>
    sql`update tasks set state = ${to}, cause = ${cause}, lease = null, lease_expires_at = null, step = null, updated_at = ${now}
      where id = ${id}`

  const save = (id: TaskId, ref: string) => sql`update tasks set saved = ${ref} where id = ${id}`

  const because = (id: TaskId, cause: string) => sql`update tasks set cause = ${cause} where id = ${id}`

  const refresh = (id: TaskId, { fullName, title, priority }: Subject) =>
    sql`update tasks set full_name = ${fullName}, title = ${title}, priority = ${priority}, unreadable_since = null
      where id = ${id}`

  /** Since when its issue cannot be read, in milliseconds. */
  const unreadable = (id: TaskId, now: number) =>
    sql<{
      since: number
    }>`update tasks set unreadable_since = min(coalesce(unreadable_since, ${now}), ${now}) where id = ${id}
      returning unreadable_since as since`.pipe(Effect.map(([row]) => row?.since ?? now))

  /** Of several that may have ended the process, one is worked at a time, until it gets further. */
  const free = sql.literal(`(suspect = 0 or not exists (
    select 1 from tasks as other where other.suspect = 1 and other.lease is not null and other.id <> tasks.id))`)

  /** The best that waits, by priority and then age. */
  const best = (steady: number) => sql`select id from tasks where state in ('ready', 'running')
    and ${heldUntil(sql, steady)} <= ${steady} and ${free} order by priority, ready_at, id limit 1`

  const canClaim = (steady: number) => Effect.map(best(steady), (rows) => rows.length > 0)

  const claim = (lease: string, { now, steady }: { readonly now: number; readonly steady: number }) =>
    sql`update tasks set state = 'running', lease = ${lease}, step = null,
      lease_expires_at = ${steady + Duration.toMillis(LEASE)}, updated_at = ${now} where id = (${best(steady)}) returning *`.pipe(
      Effect.flatMap(first)
    )

  const due = (steady: number) =>
    sql<{ due: number | null }>`select min(${heldUntil(sql, steady)}) as due from tasks
      where state in ('ready', 'running') and ${free}`.pipe(Effect.map(([row]) => row?.due ?? null))

  const carries = ({ task, lease }: Claim) =>
    Effect.map(sql`select 1 from tasks where id = ${task.id} and lease = ${lease}`, (rows) => rows.length > 0)

  /** Changes the row only while it carries the lease. */
  const touch = Effect.fnUntraced(function* ({ task, lease }: Claim, set: Statement.Fragment) {
    const rows = yield* sql`update tasks set ${set} where id = ${task.id} and lease = ${lease} returning id`
    if (rows.length === 0) return yield* new LeaseLost({ task: task.id })
  })

  const begun = sql.literal("lease is not null and step is not null")

  /** Takes tasks over from a process that is gone, and ends every wait: what was waited out may have been mended. A crash counts against the one whose step was under way; of several nobody knows which it was. */
  const takeOver = Effect.gen(function* () {
    yield* sql`update tasks set attempts = attempts + 1 where ${begun} and (select count(*) from tasks where ${begun}) = 1`
    yield* sql`update tasks set suspect = 1 where ${begun}`
    yield* sql`update tasks set lease = null, lease_expires_at = null, step = null, not_before = 0
      where lease is not null or not_before > 0`
  }).pipe(sql.withTransaction)

  /** Ends the rest of a task that no run has. */
  const hasten = (id: TaskId) => sql`update tasks set not_before = 0 where id = ${id} and lease is null`

  return {
    find,
    existing,
    running,
    hasten,
    unfinished: unfinished(),
    insert,
    restart,
    serve,
    noteText,
    stop,
    save,
    because,
    refresh,
    unreadable,
    canClaim,
    claim,
    due,
    carries,
    takeOver,
    renew: (claimed: Claim, steady: number) =>
      touch(claimed, sql`lease_expires_at = ${steady + Duration.toMillis(LEASE)}`),
    /** Fails when the lease is lost, and changes nothing. */
    check: (claimed: Claim) => touch(claimed, sql`attempts = attempts`),
    /** Adds to the account; progress ends the counts of attempts and of tries. */
    progress: (claimed: Claim, { turns, tokens, elapsed }: Account, step: string | null) =>
      touch(
        claimed,
        sql`attempts = 0, tries = 0, suspect = 0, step = ${step}, turns = turns + ${turns},
          tokens = max(0, tokens + ${tokens}), elapsed = elapsed + ${elapsed}`
      ),
    charge: (claimed: Claim, { requests, tokens, elapsed }: Charge) =>
      touch(
        claimed,
        sql`requests = max(0, requests + ${requests}), tries = max(0, tries + ${requests}),
          tokens = max(0, tokens + ${tokens}), elapsed = elapsed + ${elapsed}`
      ),
    mark: (claimed: Claim, step: string | null) => touch(claimed, sql`step = ${step}`),
    tryAfresh: (claimed: Claim) => touch(claimed, sql`tries = 0`),
    end: (claimed: Claim, to: TaskState, cause: string, now: number) =>
      touch(
        claimed,
        sql`state = ${to}, cause = ${cause}, lease = null, lease_expires_at = null, step = null, ready_at = ${now}, updated_at = ${now}`
      ),
    release: (claimed: Claim, notBefore: number, attempts: number) =>
      touch(
        claimed,
        sql`lease = null, lease_expires_at = null, step = null, not_before = ${notBefore}, attempts = attempts + ${attempts}`
      )
  }
}

export type TaskTable = ReturnType<typeof makeTaskTable>
