import { assert, describe, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"

const ROOT = new URL("../../", import.meta.url)
const read = (file: string) => readFileSync(new URL(file, ROOT), "utf8")

/** Where a sentence of a warning or an error stands in the sources; what is put together at run time has none. */
const SAID = [/log(?:Warning|Error)\("([^"]+)"/g, /says: "([^"]+)"/g, /follow\("\w+", "([^"]+)"/g]

const said = globSync("src/**/*.ts", { cwd: ROOT, exclude: ["src/sandbox/**"] }).flatMap((file) => {
  const text = read(file)
  return SAID.flatMap((pattern) => [...text.matchAll(pattern)].map(([, sentence = ""]) => sentence))
})

const table = () => {
  const lines = read("README.md").split("\n")
  const [, , ...rows] = lines.slice(lines.findIndex((line) => line.startsWith("| line ")))
  return rows.slice(0, rows.indexOf("")).map((row) => (row.split("|")[1] ?? "").trim())
}

describe("Warnings and errors", () => {
  it("are explained in the README, each once", () => {
    assert.deepStrictEqual(table().toSorted(), [...new Set(said)].toSorted())
  })
})
