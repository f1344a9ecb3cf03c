import { Clock, Context, Effect, FileSystem, Layer, Option, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import type { Downtime } from "../domain/Gap.ts"
import { Settings } from "../Settings.ts"
import { lockOf } from "../storage/ProcessLock.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"

const BEAT = Schedule.spaced("10 seconds")
const RUNS_KEPT = 1000

/** The last sign of life of whoever holds the store: the time of its lock file, because a beat in the store would be a commit. */
const makeSign = Effect.gen(function* () {
  const { database } = yield* Settings
  const fs = yield* FileSystem.FileSystem
  const lock = lockOf(database)
  if (lock === null) return { last: Effect.succeed(0), give: Effect.void }
  const last = fs.stat(lock).pipe(
    Effect.map(({ mtime }) => Option.match(mtime, { onNone: () => 0, onSome: (date) => date.getTime() })),
    Effect.orElseSucceed(() => 0)
  )
  const give = Effect.flatMap(Clock.currentTimeMillis, (now) => fs.utimes(lock, now / 1000, now / 1000)).pipe(
    Effect.ignore({ log: "Debug" })
  )
  return { last, give }
})

/** When the coordinator ran, so that what was missed while it did not can be told from what was lost on the way. */
export class Uptime extends Context.Service<
  Uptime,
  {
    /**
     * Oldest first; the first one, from 0 on, is the time before the coordinator ever ran. A run that was killed counts as down
     * from its last beat on, ten seconds early at most.
     */
    readonly downtimes: Effect.Effect<ReadonlyArray<Downtime>, StoreUnavailable>
  }
>()("mosaic-coordinator/event/Uptime") {
  static readonly layer = Layer.effect(
    Uptime,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const sign = yield* makeSign
      const start = yield* Clock.currentTimeMillis
      const seen = Math.min(start, yield* sign.last)
      yield* sql`update uptimes set alive_at = max(alive_at, ${seen}) where id = (select max(id) from uptimes)`
      const [run] = yield* sql<{
        id: number
      }>`insert into uptimes (started_at, alive_at) values (${start}, ${start}) returning id`
      yield* sql`delete from uptimes where id <= ${run?.id ?? 0} - ${RUNS_KEPT}`

      yield* sign.give.pipe(Effect.repeat(BEAT), Effect.forkScoped)
      const end = Effect.flatMap(
        Clock.currentTimeMillis,
        (now) => sql`update uptimes set alive_at = ${now} where id = ${run?.id ?? 0}`
      ).pipe(Effect.ignore({ log: "Debug" }))
      yield* Effect.addFinalizer(() => end)

      const downtimes =
        sql<Downtime>`select lag(alive_at, 1, 0) over (order by id) as "from", started_at as "to" from uptimes`.pipe(
          orStoreUnavailable
        )
      return { downtimes }
    }).pipe(orStoreUnavailable)
  )
}
