import { assert, describe, it } from "@effect/vitest"
import { changedIn, readOn, versionsOf } from "../../src/domain/Reading.ts"
import { BOT, PERSON } from "../harness/Deliveries.ts"

const said = (id: number, body: string, updatedAt: unknown = "2026-03-18T08:00:00Z", user = PERSON) => ({
  id,
  body,
  updatedAt,
  user
})
const ISSUE = { title: "Slow search", hash: "a" }
const of = (...comments: ReadonlyArray<ReturnType<typeof said>>) => versionsOf(ISSUE, comments, BOT.id)

describe("changedIn", () => {
  const known = of(said(1, "one"), said(2, "two"))

  it.each([
    ["nothing", of(said(1, "one"), said(2, "two")), []],
    ["a comment that was deleted", of(said(2, "two")), []],
    ["a comment of the bot's own", of(said(1, "one"), said(2, "two"), said(3, "at work", "", BOT)), []],
    ["a new comment", of(said(1, "one"), said(2, "two"), said(3, "three")), ["comment 3"]],
    ["an edit", of(said(1, "one", "2026-03-18T08:00:01Z"), said(2, "two")), ["comment 1"]],
    ["an edit within one second", of(said(1, "other"), said(2, "two")), ["comment 1"]],
    ["another text of the issue", { ...known, text: "b" }, ["text"]],
    ["another title", { ...known, title: "Fast search" }, ["title"]]
  ])("names %s", (_, now, names) => {
    assert.deepStrictEqual(changedIn(known, now), names)
  })

  it("is the same for a comment and for its entry in the timeline, and for one that lost its person", () => {
    assert.deepStrictEqual(changedIn(known, versionsOf(ISSUE, [{ ...said(1, "one"), user: null }], BOT.id)), [])
  })
})

describe("readOn", () => {
  it("keeps the newest time and versions, and adds up what was spent", () => {
    const first = { at: 5, versions: { text: "a", title: "b" }, spent: { writers: 1, others: 2 } }
    const second = { at: 3, versions: { text: "c" }, spent: { writers: 10, others: 20 } }
    assert.deepStrictEqual(readOn(first, second), {
      at: 5,
      versions: { text: "c", title: "b" },
      spent: { writers: 11, others: 22 }
    })
    assert.deepStrictEqual(readOn(null, first), first)
  })
})
