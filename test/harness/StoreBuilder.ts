import { issue, REPOSITORY } from "./Deliveries.ts"
import { onStore } from "./StoreReader.ts"
import type { Where } from "./StoreView.ts"
import type { TableName, Tables } from "./Tables.ts"

const NUMBER = issue().number
const TASK = `${REPOSITORY.id}/${NUMBER}`
const SESSION = "session-1"

type Row<T extends TableName> = Partial<Tables[T]>

const insert = <T extends TableName>(table: T, row: Row<T>) => onStore((store) => store.insert(table, row))

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

/** Gives the rows that are so other values, as nobody in the coordinator would. */
export const alter = <T extends TableName>(table: T, values: Row<T>, where?: Where<T>) =>
  onStore((store) => store.alter(table, values, where))

/** Takes all rows out of the table. */
export const clear = (table: TableName) => onStore((store) => store.remove(table))

/** A comment whose newest text is not on the issue, and may be written now. */
export const UNSENT = { state: "pending", sentRevision: 0, notBefore: 0 } as const

/** Another process has taken the store over. */
export const takenOver = alter("holder", { token: "another" })
