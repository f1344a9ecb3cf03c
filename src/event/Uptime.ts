import { Clock, Context, Effect, Layer, Schedule } from "effect"
import { SqlClient } from "effect/sql"
import type { Downtime } from "../domain/Gap.ts"
import { orStoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"

const BEAT = Schedule.spaced("10 seconds")
const RUNS_KEPT = 1000

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
      const start = yield* Clock.currentTimeMillis
      const [run] = yield* sql<{
        id: number
      }>`insert into uptimes (started_at, alive_at) values (${start}, ${start}) returning id`
      yield* sql`delete from uptimes where id <= ${run?.id ?? 0} - ${RUNS_KEPT}`

      const beat = Effect.flatMap(
        Clock.currentTimeMillis,
        (now) => sql`update uptimes set alive_at = ${now} where id = ${run?.id ?? 0}`
      ).pipe(Effect.ignore({ log: "Debug" }))
      yield* beat.pipe(Effect.repeat(BEAT), Effect.forkScoped)
      yield* Effect.addFinalizer(() => beat)

      const downtimes =
        sql<Downtime>`select lag(alive_at, 1, 0) over (order by id) as "from", started_at as "to" from uptimes`.pipe(
          orStoreUnavailable
        )
      return { downtimes }
    }).pipe(orStoreUnavailable)
  )
}
