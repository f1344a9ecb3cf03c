import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { assignedItself, lastTaken, mandateOf, TimelineEntry } from "../../src/domain/Timeline.ts"
import { BOT, PERSON } from "../harness/Deliveries.ts"

const entry = (id: number, fields: Partial<TimelineEntry> = {}): TimelineEntry => ({ id, type: "assignees", ...fields })
const assigned = (id: number, assignee: { readonly id: number } = BOT) =>
  entry(id, { assignee, removedAssignee: false })
const unassigned = (id: number, assignee = BOT) => entry(id, { assignee, removedAssignee: true })
const mandate = (...entries: ReadonlyArray<TimelineEntry>) => mandateOf(entries, BOT.id)
const timeline = (id: number) => ({ source: "timeline", id })

describe("mandateOf", () => {
  it("is unknown where nothing assigned the bot", () => {
    assert.isNull(mandate())
    assert.isNull(
      mandate(entry(1, { type: "comment" }), assigned(2, PERSON), unassigned(3), entry(4, { assignee: null }))
    )
  })

  it("is the newest entry that assigned the bot, in whatever order they come", () => {
    assert.deepStrictEqual(mandate(assigned(5), unassigned(8), assigned(9)), timeline(9))
    assert.deepStrictEqual(mandate(assigned(9), assigned(5)), timeline(9))
  })

  it("stays when the bot is unassigned, or others are assigned", () => {
    assert.deepStrictEqual(mandate(assigned(5), unassigned(8), assigned(9, PERSON)), timeline(5))
  })

  it("is renewed when the issue is reopened, and not when it is closed", () => {
    assert.deepStrictEqual(mandate(assigned(5), entry(6, { type: "close" }), entry(7, { type: "reopen" })), timeline(7))
    assert.deepStrictEqual(mandate(assigned(5), entry(6, { type: "close" })), timeline(5))
  })

  it("goes by the bot's id, not its login", () => {
    const namesake = { id: PERSON.id, login: BOT.login }
    const renamed = { id: BOT.id, login: "renamed" }
    assert.isNull(mandate(assigned(5, namesake)))
    assert.deepStrictEqual(mandate(assigned(5, renamed)), timeline(5))
  })
})

describe("lastTaken", () => {
  it("is the newest entry that closed the issue or took the bot off it", () => {
    const close = entry(7, { type: "close" })
    assert.isNull(lastTaken([assigned(5), unassigned(6, PERSON), entry(8, { type: "comment" })], BOT.id))
    assert.deepStrictEqual(
      lastTaken([assigned(5), unassigned(6), entry(8, { type: "comment" })], BOT.id),
      unassigned(6)
    )
    assert.deepStrictEqual(lastTaken([close, assigned(5), unassigned(6)], BOT.id), close)
  })
})

describe("a bot that acts on its own issue", () => {
  const own = (id: number) => ({ ...assigned(id), user: BOT })
  const others = (id: number) => ({ ...assigned(id), user: PERSON })

  it("gives itself no mandate by assigning itself or reopening", () => {
    assert.isNull(mandate(own(5), { ...entry(6, { type: "reopen" }), user: BOT }))
    assert.deepStrictEqual(mandate(others(4), own(5)), timeline(4))
    assert.deepStrictEqual(mandate({ ...entry(6, { type: "reopen" }), user: PERSON }), timeline(6))
  })

  it("is seen to have assigned itself", () => {
    assert.isTrue(assignedItself([others(4), own(5)], BOT.id))
    assert.isFalse(assignedItself([], BOT.id))
    assert.isFalse(assignedItself([others(4), assigned(5)], BOT.id))
    assert.isFalse(
      assignedItself(
        [
          { ...unassigned(5), user: BOT },
          { ...assigned(6, PERSON), user: BOT }
        ],
        BOT.id
      )
    )
  })
})

describe("TimelineEntry", () => {
  it.each([undefined, null, 7])("counts without a time that can be read, as with %j", (created) => {
    const sent = { id: 5, type: "reopen", ...(created === undefined ? {} : { created_at: created }) }
    assert.deepStrictEqual(mandate(Schema.decodeSync(TimelineEntry)(sent)), timeline(5))
  })

  it("is read by Gitea's names, whatever else there is", () => {
    const read = Schema.decodeUnknownSync(TimelineEntry)({
      id: 5,
      type: "assignees",
      user: { ...PERSON, email: "" },
      assignee: { ...BOT, email: "" },
      removed_assignee: false,
      body: ""
    })
    assert.deepStrictEqual(read, { ...assigned(5, { id: BOT.id }), user: { id: PERSON.id }, body: "" })
  })
})
