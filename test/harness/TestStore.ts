import { NodeCrypto } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { StoreHolder } from "../../src/storage/StoreHolder.ts"
import { migrate } from "../../src/storage/Migrations.ts"
import * as Sqlite from "../../src/storage/Sqlite.ts"

/** A store in memory with the whole schema, held by this process; and the crypto services beside it. */
export const TestStore = StoreHolder.layer.pipe(
  Layer.provideMerge(Layer.effect(SqlClient.SqlClient, Effect.tap(Sqlite.make(":memory:"), migrate))),
  Layer.provideMerge(NodeCrypto.layer),
  Layer.orDie
)
