import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { migrate } from "../src/storage/Migrations.ts"
import * as Sqlite from "../src/storage/Sqlite.ts"

const SRC = fileURLToPath(new URL("../src", import.meta.url))

/** The one folder whose SQL may name the table. */
const OWNERS: Readonly<Record<string, string>> = {
  deliveries: "event",
  gaps: "event",
  uptimes: "event",
  tasks: "task",
  transitions: "task",
  sessions: "session",
  journal: "session",
  samples: "context",
  outbox: "outbox",
  holder: "storage"
}

const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, "")

const NAMED = new RegExp(
  `(?<=\\b(?:from|join|into|update|table|from\\s+\\w+(?:\\s+\\w+)?\\s*,)\\s+"?)(${Object.keys(OWNERS).join("|")})\\b`,
  "gi"
)

const named = globSync("**/*.ts", { cwd: SRC, exclude: ["sandbox/**", "storage/migrations/**"] }).flatMap((file) => {
  const found = withoutComments(readFileSync(join(SRC, file), "utf8")).matchAll(NAMED)
  const tables = new Set([...found].map(([, table = ""]) => table.toLowerCase()))
  return [...tables].map((table) => ({ file, folder: file.split("/")[0] ?? "", table }))
})

describe("Tables", () => {
  it.effect("all have an owner", () =>
    Effect.gen(function* () {
      const sql = yield* Sqlite.make(":memory:")
      yield* migrate(sql)
      const tables = yield* sql<{ name: string }>`select name from sqlite_master
        where type = 'table' and name not like 'sqlite_%' and name not like 'effect_%'`
      assert.sameMembers(
        tables.map(({ name }) => name),
        Object.keys(OWNERS)
      )
    })
  )

  it("are named by the SQL of their owner", () => {
    const owned = named.filter(({ folder, table }) => OWNERS[table] === folder).map(({ table }) => table)
    assert.sameMembers([...new Set(owned)], Object.keys(OWNERS))
  })

  it("are named by no SQL of another folder", () => {
    const strays = named
      .filter(({ folder, table }) => OWNERS[table] !== folder)
      .map(({ file, table }) => `${file} names ${table}`)
    assert.deepStrictEqual(strays, [])
  })
})
