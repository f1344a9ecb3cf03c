import { NodeCrypto, NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import { Migrator, SqlClient } from "effect/sql"
import { TestClock } from "effect/testing"
import { TaskId } from "../../src/domain/Task.ts"
import { Inbox } from "../../src/event/Inbox.ts"
import { mocks } from "../harness/Mocks.ts"
import { Outbox } from "../../src/outbox/Outbox.ts"
import { Journal } from "../../src/session/Journal.ts"
import { migrate } from "../../src/storage/Migrations.ts"
import { migration0001 } from "../../src/storage/migrations/0001_thread.ts"
import { migration0003 } from "../../src/storage/migrations/0003_traces.ts"
import { migration0007 } from "../../src/storage/migrations/0007_taken.ts"
import { migration0010 } from "../../src/storage/migrations/0010_indexes.ts"
import * as Sqlite from "../../src/storage/Sqlite.ts"
import * as Store from "../../src/storage/Store.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { settings } from "../harness/TestSettings.ts"
import { entriesOf } from "../harness/Workbench.ts"

const TASK = TaskId.make("21/57")

/** A row of every table of the first schema, with a value in every column. */
const FIRST: Readonly<Record<string, Record<string, string | number | null>>> = {
  deliveries: {
    seq: 7,
    deliveryId: "d",
    bodyHash: "hash",
    event: "issues",
    action: "assigned",
    taskId: TASK,
    fullName: "inkwell/letterpress",
    status: "accepted",
    reason: "why",
    replay: 1,
    body: "BODY",
    receivedAt: 1,
    settledAt: 2
  },
  tasks: {
    id: TASK,
    repositoryId: 21,
    number: 57,
    fullName: "inkwell/letterpress",
    title: "Footnote",
    state: "ready",
    priority: 1,
    mandateSource: "timeline",
    mandateId: 9,
    generation: 2,
    attempts: 1,
    turns: 3,
    tokens: 400,
    elapsed: 5000,
    cause: "assigned to the bot",
    lease: "lease",
    leaseExpiresAt: 3,
    notBefore: 4,
    readyAt: 5,
    createdAt: 6,
    updatedAt: 7
  },
  transitions: { id: 8, taskId: TASK, from: "parked", to: "ready", cause: "assigned again", at: 5 },
  sessions: {
    id: "session",
    taskId: TASK,
    generation: 2,
    model: "claude-test",
    limit: 1000,
    canCompact: 1,
    state: "open",
    system: "SYSTEM",
    tools: "[]",
    predecessor: "session",
    finishedTurns: 3,
    createdAt: 6,
    endedAt: 7
  },
  journal: { sessionId: "session", seq: 0, at: 6, entry: `{"_tag":"Asked","text":"Begin","hash":"h"}` },
  samples: {
    id: 9,
    sessionId: "session",
    at: 6,
    used: 800,
    limit: 1000,
    source: "reply",
    by: "tick",
    action: "compact"
  },
  outbox: {
    key: "task 21/57 progress",
    taskId: TASK,
    needsMandate: 1,
    body: "COMMENT",
    revision: 3,
    sentRevision: 2,
    commentId: 11,
    tries: 1,
    notBefore: 12,
    state: "pending",
    reason: "why",
    createdAt: 13,
    sentAt: 14
  },
  holder: { id: 1, token: "token", since: 1 }
}

/** What later schemas add to those rows. */
const ADDED: Readonly<Record<string, Record<string, string | number | null>>> = {
  deliveries: { traceparent: null, takenAt: null },
  tasks: {
    unreadableSince: null,
    round: 1,
    traceparent: null,
    requests: 0,
    tries: 0,
    step: null,
    suspect: 0,
    assignedText: null,
    foundAt: null,
    saved: null
  },
  outbox: { refusals: 0, waitsSince: null, news: 0 }
}

const tables = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<{
      name: string
    }>`select name from sqlite_master where type = 'table' and name not like 'effect_%' order by name`,
    (found) => found.map(({ name }) => name)
  )

const dump = Effect.fnUntraced(function* (sql: SqlClient.SqlClient, names: ReadonlyArray<string>) {
  const rows = yield* Effect.forEach(names, (name) => sql<object>`select * from ${sql(name)}`)
  return Object.fromEntries(names.map((name, index) => [name, rows[index]?.map((row) => ({ ...row }))]))
})

const schema = (sql: SqlClient.SqlClient) => sql`select name, sql from sqlite_master order by name`

/** A store as the first release left it. */
const firstStore = Effect.fnUntraced(function* (file: string) {
  const sql = yield* Sqlite.make(file)
  yield* Migrator.make({})({ loader: Migrator.fromRecord({ "0001_thread": migration0001 }) }).pipe(
    Effect.provideService(SqlClient.SqlClient, sql)
  )
  assert.sameMembers(yield* tables(sql), Object.keys(FIRST))
  yield* Effect.forEach(Object.entries(FIRST), ([name, row]) => sql`insert into ${sql(name)} ${sql.insert(row)}`)
}, Effect.scoped)

const storeFile = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const file = `${yield* fs.makeTempDirectoryScoped()}/store.db`
  yield* firstStore(file)
  return file
})

const storeAt = (database: string) =>
  Store.layer.pipe(
    Layer.provideMerge(settings({ database })),
    Layer.provideMerge(NodeCrypto.layer),
    Layer.provide(NodeServices.layer)
  )

describe("A store of the first schema", () => {
  it.effect("keeps every row and every value when it is opened, and has the schema of a new one", () =>
    Effect.gen(function* () {
      const file = yield* storeFile
      const fresh = yield* Sqlite.make(":memory:")
      yield* migrate(fresh)
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        assert.deepStrictEqual(yield* schema(sql), yield* schema(fresh))
        const { holder, ...kept } = yield* dump(sql, Object.keys(FIRST))
        const { holder: _, ...first } = FIRST
        assert.deepStrictEqual(
          kept,
          Object.fromEntries(Object.entries(first).map(([name, row]) => [name, [{ ...row, ...ADDED[name] }]]))
        )
        assert.notDeepEqual(holder, [FIRST["holder"]])
      }).pipe(Effect.provide(storeAt(file)))
    }).pipe(Effect.provide(NodeServices.layer))
  )

  it.effect("is gone on with: its delivery, task, session and comment wait as before", () =>
    Effect.gen(function* () {
      const services = Journal.layer.pipe(
        Layer.provideMerge(Layer.provide(Inbox.layer, mocks.BotIdentity({}))),
        Layer.provideMerge(Tasks.layer),
        Layer.provideMerge(Outbox.layer),
        Layer.provideMerge(storeAt(yield* storeFile))
      )
      yield* Effect.gen(function* () {
        const journal = yield* Journal
        assert.deepStrictEqual(
          (yield* (yield* Inbox).of(TASK)).map(({ seq }) => seq),
          [7]
        )
        const claim = yield* (yield* Tasks).claim
        assert.deepInclude(claim?.task, { id: TASK, state: "running", round: 1, generation: 2, turns: 3, attempts: 1 })
        const sessions = claim === null ? [] : yield* journal.sessions(claim.task)
        assert.deepStrictEqual(
          sessions.map(({ id, state }) => [id, state]),
          [["session", "open"]]
        )
        assert.deepStrictEqual(yield* entriesOf("session"), [{ _tag: "Asked", text: "Begin", hash: "h" }])
        yield* TestClock.setTime(1000)
        const [comment] = yield* (yield* Outbox).pending
        assert.deepInclude(comment, { body: "COMMENT", revision: 3, commentId: 11, refusals: 0, waitsSince: null })
      }).pipe(Effect.provide(services))
    }).pipe(Effect.provide(NodeServices.layer))
  )
})

describe("A store from before the deliveries were made anew", () => {
  it.effect("keeps every value of them", () =>
    Effect.gen(function* () {
      const sql = yield* Sqlite.make(":memory:")
      const bring = (migrations: Parameters<typeof Migrator.fromRecord>[0]) =>
        Migrator.make({})({ loader: Migrator.fromRecord(migrations) }).pipe(
          Effect.provideService(SqlClient.SqlClient, sql)
        )
      yield* bring({ "0001_thread": migration0001, "0003_traces": migration0003, "0007_taken": migration0007 })
      const row = { ...FIRST["deliveries"], traceparent: "span", takenAt: 15 }
      yield* sql`insert into deliveries ${sql.insert(row)}`
      yield* bring({ "0010_indexes": migration0010 })
      assert.deepStrictEqual(yield* dump(sql, ["deliveries"]), { deliveries: [row] })
    })
  )
})

describe("A store of a newer schema", () => {
  it.effect("is refused, with all of its rows as they were", () =>
    Effect.gen(function* () {
      const file = yield* storeFile
      const look = Effect.gen(function* () {
        const sql = yield* Sqlite.make(file)
        return [yield* schema(sql), yield* dump(sql, [...(yield* tables(sql)), "effect_sql_migrations"])]
      }).pipe(Effect.scoped)
      yield* Effect.flatMap(
        Sqlite.make(file),
        (sql) => sql`insert into effect_sql_migrations (migration_id, name) values (999, 'later')`
      ).pipe(Effect.scoped)
      const before = yield* look
      const error = yield* Effect.flip(Layer.build(storeAt(file)))
      assert.strictEqual(error._tag, "StoreTooNew")
      assert.include(error.message, "schema version 999")
      assert.deepStrictEqual(yield* look, before)
    }).pipe(Effect.provide(NodeServices.layer))
  )
})
