import { NodeCrypto } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Doorbell } from "../../src/storage/Doorbell.ts"
import { StoreHolder } from "../../src/storage/StoreHolder.ts"
import { migrate } from "../../src/storage/Migrations.ts"
import * as Sqlite from "../../src/storage/Sqlite.ts"
import { WalSync } from "../../src/storage/WalSync.ts"

/** A store in memory with the whole schema, held by this process, and its doorbell; and the crypto services beside it. */
export const TestStore = Layer.mergeAll(StoreHolder.layer, Doorbell.layer).pipe(
  Layer.provideMerge(Layer.effect(SqlClient.SqlClient, Effect.tap(Sqlite.make(":memory:"), migrate))),
  Layer.merge(Layer.succeed(WalSync, { done: Effect.void })),
  Layer.provideMerge(NodeCrypto.layer),
  Layer.orDie
)
