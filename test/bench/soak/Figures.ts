import { Effect, FileSystem, Ref } from "effect"
import { SandboxClaude } from "../../../src/sandbox/claude/SandboxClaude.ts"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"
import { TABLES } from "../../harness/Tables.ts"
import { Lives } from "./Lives.ts"
import { Run } from "./Run.ts"

const MEBIBYTE = 1024 * 1024
const KIBIBYTES_PER_MEBIBYTE = 1024

/** What the coordinator takes at one moment. Memory, store and log in MiB; the log is that of all its lives. */
export interface Figures {
  /** Of the life whose memory and handles they are. */
  readonly pid: number
  readonly memory: number
  readonly handles: number
  readonly store: number
  readonly log: number
  readonly lines: number
  /** Attempted by the stand-in's hook. */
  readonly deliveries: number
  /** Of all tasks. */
  readonly rounds: number
  readonly paid: number
  /** By table. */
  readonly rows: Readonly<Record<string, number>>
}

/** Requests of operations that cost something, whatever came of them. */
export const paidRequests = Effect.map(
  Effect.flatMap(SandboxClaude, ({ requests }) => requests),
  (all) => all.filter(({ operation }) => operation === "messages" || operation === "compact").length
)

/** Rounds of all tasks. */
export const allRounds = Effect.map(
  Effect.flatMap(Lives, ({ store }) => store.column("tasks", "round")),
  (rounds) => rounds.reduce((sum, round) => sum + round, 0)
)

const size = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) =>
    fs.stat(path).pipe(
      Effect.map(({ size: bytes }) => Number(bytes)),
      Effect.orElseSucceed(() => 0)
    )
  )

const rowsOf = Effect.gen(function* () {
  const { store } = yield* Lives
  const counts = yield* Effect.forEach(TABLES, (table) => store.count(table))
  return Object.fromEntries(TABLES.map((table, index) => [table, counts[index] ?? 0]))
})

/** Reads `/proc`, so Linux only. Noted in the run. */
export const figures = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const { pid: current, store, written } = yield* Lives
  const pid = yield* current
  const folder = `/proc/${pid}`
  const status = yield* fs.readFileString(`${folder}/status`)
  const { bytes, lines } = yield* written
  const stored = (yield* size(store.path)) + (yield* size(`${store.path}-wal`))
  const read: Figures = {
    pid,
    memory: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / KIBIBYTES_PER_MEBIBYTE,
    handles: (yield* fs.readDirectory(`${folder}/fd`)).length,
    store: stored / MEBIBYTE,
    log: bytes / MEBIBYTE,
    lines,
    deliveries: (yield* (yield* SandboxGitea).deliveries).length,
    rounds: yield* allRounds,
    paid: yield* paidRequests,
    rows: yield* rowsOf
  }
  yield* Ref.update((yield* Run).readings, (all) => [...all, read])
  return read
})

export const line = ({ deliveries, handles, log, memory, paid, rounds, rows, store }: Figures): string =>
  `memory ${memory.toFixed(0).padStart(4)} MB, ${handles} handles, store ${store.toFixed(1)} MB, log ${log.toFixed(1)} MB, ` +
  `${deliveries} deliveries, ${rows["tasks"] ?? 0} tasks, ${rounds} rounds, ${paid} paid`

const row = (name: string, before: number, after: number, digits = 0): string =>
  [
    name.padEnd(24),
    before.toFixed(digits).padStart(10),
    after.toFixed(digits).padStart(10),
    before === 0 ? "" : `${(after / before).toFixed(2)}x`.padStart(9)
  ].join("")

/** The end against an earlier moment, line by line. */
export const comparison = (before: Figures, after: Figures): ReadonlyArray<string> => [
  `${"".padEnd(24)}${"a sixth".padStart(10)}${"the end".padStart(10)}`,
  row("memory, MB", before.memory, after.memory),
  row("open handles", before.handles, after.handles),
  row("store, MB", before.store, after.store, 1),
  row("log, MB", before.log, after.log, 1),
  row("log lines", before.lines, after.lines),
  row("deliveries sent", before.deliveries, after.deliveries),
  row("rounds", before.rounds, after.rounds),
  row("paid requests", before.paid, after.paid),
  ...Object.entries(after.rows).map(([name, count]) => row(`rows of ${name}`, before.rows[name] ?? 0, count))
]
