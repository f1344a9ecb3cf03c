import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import { OPTIONAL, read, REQUIRED } from "./environment.ts"

const keysOf = (file: string, line: RegExp) =>
  [...readFileSync(new URL(`../${file}`, import.meta.url), "utf8").matchAll(line)].map(([, key = "", value = ""]) => ({
    key,
    value
  }))

const example = keysOf(".env.example", /^#?([A-Z_]+)=(.*)$/gm)
const names = [...Object.keys(REQUIRED), ...OPTIONAL.map(({ name }) => name)].sort()

describe(".env.example", () => {
  it("has every key of the settings once", () => {
    assert.deepStrictEqual(example.map(({ key }) => key).sort(), names)
  })

  it.effect("shows the defaults", () =>
    Effect.gen(function* () {
      const shown = Object.fromEntries(example.map(({ key, value }) => [key, value]))
      assert.deepStrictEqual(yield* read({ ...shown, ...REQUIRED }), yield* read({}))
    })
  )
})

describe("README.md", () => {
  it("has every key of the settings once", () => {
    const table = keysOf("README.md", /^\| `([A-Z_]+)` +\|/gm)
    assert.deepStrictEqual(table.map(({ key }) => key).sort(), names)
  })
})
