import { Clock, Context, Duration, Effect } from "effect"
import { DISK_BYTES, MEMORY_BYTES, mebibytes, PROCESSES } from "./Limits.ts"
import { diskOf, usageOf } from "./host/Usage.ts"
import type { Mount } from "./ToolHost.ts"

const BETWEEN = Duration.seconds(1)
/** Between two looks at the disk, and at least so many times as long as the last one took. */
const DISK_BETWEEN = Duration.seconds(5)
const REST = 20

/** What all processes of one isolation may use together. Tests have less. */
export const TreeBounds = Context.Reference("mosaic-coordinator/tool/Watch/TreeBounds", {
  defaultValue: () => ({ memory: MEMORY_BYTES, processes: PROCESSES, disk: DISK_BYTES })
})

/** What is watched: a process with all that it started, and the folders that it may write to. */
export interface Watched {
  readonly pid: number
  /** What its processes bear in their environment, where they cannot be told by their descent alone. */
  readonly mark: string | null
  readonly mounts: ReadonlyArray<Mount>
}

/** Whatever is done to the clock: a jump back would put the next look at the disk off. */
const passedMillis = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos / 1_000_000n))

/** Ends once more is used than may be, with what that is: "used more than 4096 MiB of memory". */
export const overuse = Effect.fnUntraced(function* ({ mark, mounts, pid }: Watched) {
  const bounds = yield* TreeBounds
  const folders = mounts.filter(({ access }) => access === "write").map(({ path }) => path)
  let diskDue = (yield* passedMillis) + Duration.toMillis(BETWEEN)

  const disk = Effect.gen(function* () {
    const began = yield* passedMillis
    const sizes = yield* Effect.forEach(folders, (folder) => Effect.promise(() => diskOf(folder, bounds.disk)))
    const ended = yield* passedMillis
    diskDue = ended + Math.max(Duration.toMillis(DISK_BETWEEN), REST * (ended - began))
    return sizes.reduce((sum, size) => sum + size, 0)
  })

  while (true) {
    yield* Effect.sleep(BETWEEN)
    const { memory, processes } = usageOf(pid, mark)
    if (memory > bounds.memory) return `used more than ${mebibytes(bounds.memory)} of memory`
    if (processes > bounds.processes) return `had more than ${bounds.processes} processes`
    if ((yield* passedMillis) < diskDue) continue
    if ((yield* disk) > bounds.disk) return `filled its folders with more than ${mebibytes(bounds.disk)}`
  }
})
