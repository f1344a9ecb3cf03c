import type { TaskState } from "../../src/domain/TaskState.ts"

/** Every column of the store's tables, under the names that rows have in TypeScript. Times are milliseconds. */
export interface Tables {
  readonly deliveries: {
    readonly seq: number
    readonly deliveryId: string
    readonly bodyHash: string
    readonly event: string
    readonly action: string | null
    readonly taskId: string | null
    readonly fullName: string | null
    readonly status: "accepted" | "done" | "ignored" | "duplicate" | "failed"
    readonly reason: string | null
    readonly replay: number
    readonly body: string | null
    readonly receivedAt: number
    readonly settledAt: number | null
    readonly traceparent: string | null
    readonly takenAt: number | null
  }
  readonly tasks: {
    readonly id: string
    readonly repositoryId: number
    readonly number: number
    readonly fullName: string
    readonly title: string
    readonly state: TaskState
    readonly priority: number
    readonly mandateSource: string | null
    readonly mandateId: number | null
    readonly generation: number
    readonly attempts: number
    readonly turns: number
    readonly tokens: number
    readonly elapsed: number
    readonly cause: string
    readonly saved: string | null
    readonly lease: string | null
    readonly leaseExpiresAt: number | null
    readonly notBefore: number
    readonly readyAt: number
    readonly createdAt: number
    readonly updatedAt: number
    readonly unreadableSince: number | null
    readonly round: number
    readonly traceparent: string | null
    readonly requests: number
    readonly tries: number
    readonly step: string | null
    readonly suspect: number
    readonly assignedText: string | null
    /** When it was found on its issue, in a store without its history. */
    readonly foundAt: number | null
  }
  readonly transitions: {
    readonly id: number
    readonly taskId: string
    readonly from: TaskState | null
    readonly to: TaskState
    readonly cause: string
    readonly at: number
  }
  readonly sessions: {
    readonly id: string
    readonly taskId: string
    readonly generation: number
    readonly model: string
    readonly limit: number
    readonly canCompact: number
    readonly state: string
    readonly system: string
    readonly tools: string
    readonly predecessor: string | null
    readonly finishedTurns: number
    readonly createdAt: number
    readonly endedAt: number | null
  }
  readonly journal: {
    readonly sessionId: string
    readonly seq: number
    readonly at: number
    readonly entry: string
  }
  readonly samples: {
    readonly id: number
    readonly sessionId: string
    readonly at: number
    readonly used: number | null
    readonly limit: number
    readonly source: string | null
    readonly by: string
    readonly action: string
  }
  readonly outbox: {
    readonly key: string
    readonly taskId: string
    readonly needsMandate: number
    readonly body: string
    readonly revision: number
    readonly sentRevision: number
    readonly commentId: number | null
    readonly tries: number
    readonly refusals: number
    readonly notBefore: number
    readonly waitsSince: number | null
    /** 1: a person must know it. */
    readonly news: number
    readonly state: string
    readonly reason: string | null
    readonly createdAt: number
    readonly sentAt: number | null
  }
  readonly gaps: {
    readonly id: number
    readonly taskId: string
    readonly fullName: string
    readonly cause: string | null
    readonly downFrom: number | null
    readonly downTo: number | null
    readonly happenedAt: number | null
    readonly foundAt: number
    readonly state: string
  }
  readonly uptimes: {
    readonly id: number
    readonly startedAt: number
    readonly aliveAt: number
  }
  readonly holder: {
    readonly id: number
    readonly token: string
    readonly since: number
  }
  readonly effect_sql_migrations: {
    readonly migrationId: number
    readonly name: string
  }
}

export type TableName = keyof Tables

/** The tables of the stages. */
export const TABLES = [
  "deliveries",
  "gaps",
  "journal",
  "outbox",
  "samples",
  "sessions",
  "tasks",
  "transitions",
  "uptimes"
] as const satisfies ReadonlyArray<TableName>
