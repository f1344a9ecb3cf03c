import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { bringWithin, isTooFull, MIN_FREE } from "../../src/workspace/Bounds.ts"
import { unkept } from "../../src/workspace/Keeping.ts"
import { newestOf, nameOf, parseName } from "../../src/workspace/SnapshotRef.ts"
import { leftOver } from "../../src/workspace/WorkFolders.ts"
import { replyOf } from "../../src/workspace/SnapshotScript.ts"
import { SessionId } from "../../src/domain/Session.ts"

const folder = (path: string, size: number, usedAt: number) => ({ path, size, usedAt })
const TREE = "a".repeat(40)
const COMMIT = "b".repeat(40)

describe("Bounds", () => {
  it.effect("take the oldest folders away until the rest fits, and none too many", () =>
    Effect.gen(function* () {
      const all = [folder("new", 5, 3), folder("old", 5, 1), folder("middle", 5, 2)]
      const taken = Effect.fnUntraced(function* (limit: number) {
        const gone: Array<string> = []
        yield* bringWithin(all, limit, ({ path }) => Effect.sync(() => gone.push(path) > 0))
        return gone
      })
      assert.deepStrictEqual(yield* taken(15), [])
      assert.deepStrictEqual(yield* taken(14), ["old"])
      assert.deepStrictEqual(yield* taken(5), ["old", "middle"])
    })
  )
})

describe("Folders that were left over", () => {
  it("were not used for a day", () => {
    const DAY = 86_400_000
    const all = [folder("a", 5, 10), folder("b", 5, 11), folder("c", 5, DAY)]
    assert.deepStrictEqual(
      leftOver(all, DAY + 11).map(({ path }) => path),
      ["a"]
    )
  })
})

describe("SnapshotRef", () => {
  it("is read as it is written, and the newest is found by its number", () => {
    const ref = { number: 7, session: SessionId.make("0199-a"), n: 10 }
    assert.deepStrictEqual(parseName(nameOf(ref)), ref)
    const names = ["refs/mosaic/7/0199-a/9", nameOf(ref), "refs/mosaic/7/0199-a/base", "refs/mosaic/70/0199-a/11"]
    assert.deepStrictEqual(newestOf(names, ref), ref)
    assert.isNull(newestOf(names, { ...ref, number: 8 }))
  })
})

describe("What is not kept in Gitea", () => {
  const refs = (...lines: ReadonlyArray<string>) =>
    lines.map((line) => {
      const [name = "", commit = ""] = line.split(" ")
      return { name, commit }
    })
  const SAVED = ["refs/mosaic/7/a/base 1", "refs/mosaic/7/a/9 2", "refs/mosaic/7/a/10 3", "refs/mosaic/7/b/checked 4"]

  it.each([
    ["nothing of a clone without work", [], []],
    ["the newest snapshot of each session, and where it stands", SAVED, ["7/a/base", "7/a/10", "7/b/checked"]],
    [
      "what has moved since",
      [...SAVED, "refs/kept/7/a/base 1", "refs/kept/7/a/10 3", "refs/kept/7/b/checked 3"],
      ["7/b/checked"]
    ]
  ])("is %s", (_, lines, expected) => {
    assert.deepStrictEqual(
      unkept(refs(...lines)).missing.map(({ name }) => name),
      expected.map((name) => `refs/mosaic/${name}`)
    )
  })

  it("is told from notes that are of no use any more", () => {
    const { missing, stale } = unkept(refs(...SAVED, "refs/kept/7/a/9 2", "refs/kept/7/c/1 5"))
    assert.deepStrictEqual([missing.length, stale], [3, ["refs/kept/7/a/9", "refs/kept/7/c/1"]])
  })
})

describe("SnapshotReply", () => {
  it.each([
    [0, `same ${TREE}\n`, { kind: "same" }],
    [0, `noise\nsaved ${TREE} ${COMMIT}\n`, { kind: "saved", tree: TREE, commit: COMMIT }],
    [0, "over files\n", { kind: "over", what: "files" }],
    [0, "over bytes\n", { kind: "over", what: "bytes" }],
    [0, `saved --upload-pack=x ${COMMIT}\n`, { kind: "failed", detail: "it ended without an answer" }],
    [0, "", { kind: "failed", detail: "it ended without an answer" }]
  ] as const)("of exit code %i and %j", (exitCode, output, reply) => {
    const stdout = new TextEncoder().encode(output)
    assert.deepStrictEqual(replyOf({ end: "exit", exitCode, stdout, stderr: "" }), reply)
  })

  it("of a failure is what git said last, and of a time limit, that it took too long", () => {
    const stdout = new Uint8Array()
    assert.deepStrictEqual(replyOf({ end: "exit", exitCode: 128, stdout, stderr: "a\nfatal: no space\n" }), {
      kind: "failed",
      detail: "fatal: no space"
    })
    assert.deepStrictEqual(replyOf({ end: "time limit", exitCode: null, stdout, stderr: "" }), {
      kind: "failed",
      detail: "it took too long"
    })
  })
})

describe("isTooFull", () => {
  it.each([
    [MIN_FREE, 0, false],
    [MIN_FREE - 1, 0, true],
    [MIN_FREE + 30, 10, false],
    [MIN_FREE + 29, 10, true]
  ])("of %i free bytes for a repository of %i: %s", (free, size, expected) => {
    assert.strictEqual(isTooFull(free, size), expected)
  })
})
