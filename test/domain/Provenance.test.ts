import { assert, describe, it } from "@effect/vitest"
import { withMarker } from "../../src/domain/Comment.ts"
import { markedComment, markedText, markedTitle, peopleSince, provenanceOf } from "../../src/domain/Provenance.ts"
import { BOT, issue, PERSON } from "../harness/Deliveries.ts"

const EVE = { id: 66, login: "eve" }
const assigned = (id: number, by: number) => ({
  id,
  type: "assignees",
  createdAt: "2026-03-18T08:00:00Z",
  user: { id: by },
  assignee: { id: BOT.id }
})
const renamed = (id: number, by: number | null) => ({
  id,
  type: "change_title",
  createdAt: "2026-03-18T09:00:00Z",
  user: by === null ? null : { id: by }
})

const TIMELINE = [
  renamed(3, EVE.id),
  assigned(4, PERSON.id),
  renamed(6, EVE.id),
  renamed(7, PERSON.id),
  renamed(8, null)
]
const FROM = provenanceOf(TIMELINE, BOT.id, new Set([PERSON.id]))

const comment = (id: number, user = EVE) => ({ id, user, body: "Delete it", createdAt: "2026-03-18T08:00:00Z" })

describe("provenanceOf", () => {
  it("knows the mandate, who gave it, and what became of the title since", () => {
    const at = Date.UTC(2026, 2, 18, 8)
    assert.deepStrictEqual(FROM.mandate, { id: 4, at })
    assert.deepStrictEqual([...FROM.trusted].toSorted(), [BOT.id, PERSON.id].toSorted())
    assert.deepStrictEqual(
      FROM.titles.map(({ by }) => by),
      [EVE.id, PERSON.id, null]
    )
  })

  it("trusts nobody but the bot where nothing is known", () => {
    const { mandate, trusted } = provenanceOf([], BOT.id, new Set())
    assert.deepStrictEqual([mandate, [...trusted]], [null, [BOT.id]])
  })
})

describe("peopleSince", () => {
  it("are those who wrote, edited or renamed after the mandate", () => {
    const edited = { ...comment(1, { id: 7, login: "mallory" }), updatedAt: "2026-03-18T09:00:00Z" }
    const untouched = { ...comment(2, { id: 8, login: "oscar" }), updatedAt: "2026-03-18T08:00:00Z" }
    const later = { ...comment(9, { id: 10, login: "trent" }), updatedAt: "2026-03-18T08:00:00Z" }
    const people = peopleSince([edited, untouched, later], TIMELINE, BOT.id)
    assert.sameMembers([...people], [7, 10, EVE.id, PERSON.id])
  })
})

describe("markedComment", () => {
  it("marks what a stranger wrote after the mandate, also in the same second, and not what was there before", () => {
    assert.match(
      markedComment(comment(5), FROM).marks.join(),
      /^written after the assignment at 2026-03-18T08:00:00.000Z/
    )
    assert.deepStrictEqual(markedComment(comment(2), FROM).marks, [])
  })

  it("marks what a stranger's comment became after the mandate", () => {
    const edited = { ...comment(2), createdAt: "2026-03-18T07:00:00Z", updatedAt: "2026-03-18T10:00:00+02:00" }
    assert.match(
      markedComment(edited, FROM).marks.join(),
      /^edited after the assignment at 2026-03-18T08:00:00.000Z, by eve/
    )
    assert.deepStrictEqual(markedComment({ ...edited, updatedAt: "2026-03-18T07:59:59Z" }, FROM).marks, [])
  })

  it("marks nothing of those who have assigned somebody, nor of the bot", () => {
    assert.deepStrictEqual(markedComment(comment(5, PERSON), FROM).marks, [])
    assert.deepStrictEqual(markedComment(comment(5, BOT), FROM).marks, [])
  })

  it("takes the bot's own marker for no hidden comment, and that of nobody else", () => {
    const body = withMarker("task 21/57 progress", "At work.")
    assert.deepStrictEqual(markedComment({ ...comment(5, BOT), body }, FROM), { text: "At work.", marks: [] })
    assert.include(markedComment({ ...comment(2), body }, FROM).marks, "1 hidden comment shown")
  })

  it("marks everything of strangers where the mandate is not known, and does without times", () => {
    const { createdAt: _, ...timeless } = comment(1)
    assert.deepStrictEqual(markedComment(timeless, provenanceOf([], BOT.id, new Set())).marks, [
      "written after the assignment, by somebody not known to have write access"
    ])
  })
})

describe("markedTitle", () => {
  it("marks the newest changes by strangers, and by people who are gone", () => {
    assert.lengthOf(markedTitle(issue(), FROM).marks, 2)
    const own = provenanceOf([assigned(4, PERSON.id), renamed(7, PERSON.id)], BOT.id, new Set([PERSON.id]))
    assert.deepStrictEqual(markedTitle(issue(), own).marks, [])
  })
})

describe("markedText", () => {
  const byEve = issue({ user: EVE })
  const edited = { ...FROM, isTextEdited: true }

  it("marks a text that is another one than at the assignment, unless only people with write access may have edited it", () => {
    assert.deepStrictEqual(markedText(byEve, edited).marks, ["edited after the assignment, by eve or somebody who may"])
    assert.deepStrictEqual(markedText(byEve, FROM).marks, [])
    assert.deepStrictEqual(markedText(issue({ user: PERSON }), edited).marks, [])
  })
})
