import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { issue, REPOSITORY } from "./Deliveries.ts"
import { having } from "./StoreReader.ts"
import type { TableName, Tables } from "./Tables.ts"

const NUMBER = issue().number
const TASK = `${REPOSITORY.id}/${NUMBER}`
const SESSION = "session-1"

type Row<T extends TableName> = Partial<Tables[T]>

const insert = <T extends TableName>(table: T, row: Row<T>) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.orDie(sql`insert into ${sql(table)} ${sql.insert(row)}`)).pipe(
    Effect.asVoid
  )

/** Rows as the coordinator could have left them, of issue 57 unless told otherwise. What a test says nothing of has a default. */
export const stored = {
  delivery: (row: Row<"deliveries"> = {}) =>
    insert("deliveries", {
      deliveryId: "delivery-1",
      bodyHash: `hash of ${row.deliveryId ?? "delivery-1"}`,
      event: "issues",
      action: "assigned",
      taskId: TASK,
      fullName: REPOSITORY.fullName,
      status: "done",
      body: "{}",
      receivedAt: 0,
      ...row
    }),
  task: (row: Row<"tasks"> = {}) =>
    insert("tasks", {
      id: `${row.repositoryId ?? REPOSITORY.id}/${row.number ?? NUMBER}`,
      repositoryId: REPOSITORY.id,
      number: NUMBER,
      fullName: REPOSITORY.fullName,
      title: "",
      state: "ready",
      priority: 2,
      cause: "",
      readyAt: 0,
      createdAt: 0,
      updatedAt: 0,
      ...row
    }),
  transition: (row: Row<"transitions"> = {}) =>
    insert("transitions", { taskId: TASK, from: null, to: "ready", cause: "", at: 0, ...row }),
  session: (row: Row<"sessions"> = {}) =>
    insert("sessions", {
      id: SESSION,
      taskId: TASK,
      generation: 1,
      model: "claude",
      limit: 200_000,
      canCompact: 1,
      state: "open",
      system: "",
      tools: "[]",
      createdAt: 0,
      ...row
    }),
  entry: (row: Row<"journal"> = {}) => insert("journal", { sessionId: SESSION, seq: 0, at: 0, entry: "{}", ...row }),
  sample: (row: Row<"samples"> = {}) =>
    insert("samples", {
      sessionId: SESSION,
      at: 0,
      used: 1_000,
      limit: 200_000,
      source: "reply",
      by: "tick",
      action: "continue",
      ...row
    }),
  outbox: (row: Row<"outbox"> = {}) =>
    insert("outbox", { key: "key-1", taskId: TASK, needsMandate: 0, body: "", createdAt: 0, ...row }),
  gap: (row: Row<"gaps"> = {}) =>
    insert("gaps", { taskId: TASK, fullName: REPOSITORY.fullName, foundAt: 0, state: "ready", ...row }),
  uptime: (row: Row<"uptimes"> = {}) => insert("uptimes", { startedAt: 0, aliveAt: 0, ...row })
}

/** Gives the rows that have the values of `where` other values, as nobody in the coordinator would. */
export const alter = <T extends TableName>(table: T, values: Row<T>, where: Row<T> = {}) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.orDie(sql`update ${sql(table)} set ${sql.update(values)} where ${having(sql, where)}`)
  ).pipe(Effect.asVoid)

/** The store cannot read or write the table until `restore`. */
export const hide = (table: TableName) => rename(table, `${table} elsewhere`)
export const restore = (table: TableName) => rename(`${table} elsewhere`, table)

const rename = (from: string, to: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => Effect.orDie(sql`alter table ${sql(from)} rename to ${sql(to)}`)).pipe(
    Effect.asVoid
  )

/** From now on nothing can be added to the table. */
export const refuseRows = (table: TableName) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) =>
    Effect.orDie(sql`create trigger full before insert on ${sql(table)} begin select raise(abort, 'disk full'); end`)
  ).pipe(Effect.asVoid)
