import { assert, describe, it } from "@effect/vitest"
import { IssueAction } from "../../src/domain/GiteaEvent.ts"
import { Observation } from "../../src/domain/Mandate.ts"
import { observationOf } from "../../src/event/PayloadObservation.ts"
import { BOT, issueEvent, PERSON } from "../harness/Deliveries.ts"

const SEQ = 12
const bot = { login: "press-bot", id: BOT.id }

const mandated = Observation.Assigned({ mandate: { source: "delivery", id: SEQ } })
const stillAssigned = Observation.Assigned({ mandate: null })
const unassigned = Observation.Unassigned()
const closed = Observation.Closed()
const gone = Observation.Gone()

/** What each action shows of an issue that is open and assigned, open and not assigned, closed and assigned. */
const table: Record<IssueAction, readonly [Observation, Observation, Observation]> = {
  assigned: [mandated, unassigned, closed],
  unassigned: [stillAssigned, unassigned, closed],
  closed: [closed, closed, closed],
  opened: [mandated, unassigned, closed],
  reopened: [mandated, unassigned, closed],
  edited: [stillAssigned, unassigned, closed],
  label_updated: [stillAssigned, unassigned, closed],
  label_cleared: [stillAssigned, unassigned, closed],
  deleted: [gone, gone, gone]
}

describe("observationOf", () => {
  it.each(IssueAction.literals)("reads what %s shows", (action) => {
    const observed = [
      issueEvent({ action }),
      issueEvent({ action, issue: { assignees: [PERSON] } }),
      issueEvent({ action, issue: { state: "closed" } })
    ].map((event) => observationOf(event, bot, SEQ))
    assert.deepStrictEqual(observed, [...table[action]])
  })

  it("finds the bot among several assignees", () => {
    assert.deepStrictEqual(observationOf(issueEvent({ issue: { assignees: [PERSON, BOT] } }), bot, SEQ), mandated)
  })

  it("goes by the bot's login while its id is not known", () => {
    const event = issueEvent({ issue: { assignees: [{ id: 4, login: "Press-Bot" }] } })
    assert.deepStrictEqual(observationOf(event, { login: "press-bot", id: null }, SEQ), mandated)
    assert.deepStrictEqual(observationOf(event, bot, SEQ), unassigned)
  })
})
