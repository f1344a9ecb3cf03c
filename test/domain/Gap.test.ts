import { assert, describe, it } from "@effect/vitest"
import { adviceFor, causeIn, causeOf, downtimeOf, GapCause } from "../../src/domain/Gap.ts"
import type { Evidence } from "../../src/domain/Gap.ts"

const HOUR = 3_600_000
const NOON = 12 * HOUR

const evidence = (parts: Partial<Evidence>): Evidence => ({
  happenedAt: NOON,
  issueCreatedAt: NOON - HOUR,
  downtimes: [],
  hook: "unreadable",
  received: { before: true, assignments: true, since: true },
  refused: null,
  ...parts
})

const nothing = { before: false, assignments: false, since: false }
const unassigned = { before: true, assignments: false, since: true }
const FIRST_START = [{ from: 0, to: NOON - 2_000 }]
const down = [{ from: NOON - 60_000, to: NOON + 60_000 }]

describe("Gap", () => {
  it.each<readonly [GapCause, Partial<Evidence>]>([
    ["receiver down", { downtimes: down }],
    ["receiver down", { downtimes: down, hook: "inactive", received: nothing }],
    ["receiver down", { downtimes: [{ from: NOON + 3_000, to: NOON + HOUR }] }],
    // In the first seconds of the first start, where nothing ever came: the hook is what is wrong.
    ["hook missing", { downtimes: FIRST_START, received: nothing }],
    ["host not allowed", { downtimes: FIRST_START, received: nothing, hook: "active" }],
    ["hook inactive", { downtimes: FIRST_START, received: nothing, hook: "inactive" }],
    ["receiver down", { downtimes: FIRST_START, received: { before: false, assignments: false, since: true } }],
    ["receiver down", { downtimes: [{ from: 0, to: NOON }], received: nothing }],
    ["signature refused", { received: nothing, refused: "signature" }],
    ["signature refused", { hook: "active", received: { ...unassigned, since: false }, refused: "signature" }],
    ["unknown", { refused: "signature" }],
    ["payload too large", { refused: "size" }],
    ["receiver down", { downtimes: down, refused: "size" }],
    ["unknown", { downtimes: [{ from: NOON + HOUR, to: NOON + 2 * HOUR }] }],
    ["unknown", { happenedAt: null, downtimes: down }],
    ["hook missing", { hook: "younger", received: { before: false, assignments: true, since: true } }],
    ["unknown", { hook: "younger" }],
    ["hook inactive", { hook: "inactive" }],
    ["not subscribed to assignments", { hook: "unsubscribed" }],
    ["not subscribed to assignments", { received: unassigned }],
    ["unknown", { hook: "active", received: unassigned }],
    ["created with assignee", { issueCreatedAt: NOON - 1_000, received: unassigned }],
    ["hook missing", { received: nothing }],
    ["hook missing", { hook: "missing", received: nothing }],
    ["host not allowed", { hook: "active", received: nothing }],
    ["created with assignee", { issueCreatedAt: NOON - 1_000 }],
    ["unknown", { issueCreatedAt: null }],
    // A repository without a hook of its own may have its organization's.
    ["unknown", { hook: "missing" }],
    ["hook missing", { hook: "missing", received: { before: true, assignments: true, since: false } }]
  ])("is explained by %s from %j", (cause, parts) => assert.strictEqual(causeOf(evidence(parts)), cause))

  it("falls into the time in which nobody listened, as far as clocks agree", () => {
    const downtimes = [
      { from: 1_000, to: 5_000 },
      { from: NOON + 1_000, to: NOON + HOUR }
    ]
    assert.strictEqual(downtimeOf({ happenedAt: NOON, downtimes }), downtimes[1])
    assert.isNull(downtimeOf({ happenedAt: NOON - HOUR, downtimes }))
    assert.isNull(downtimeOf({ happenedAt: null, downtimes }))
  })

  it("falls into the nearest of two such times, and into the later of two as near", () => {
    const start = NOON - 2_400
    const downtimes = [
      { from: 0, to: start },
      { from: NOON + 300, to: NOON + HOUR }
    ]
    assert.strictEqual(downtimeOf({ happenedAt: NOON, downtimes }), downtimes[1])
    assert.strictEqual(downtimeOf({ happenedAt: NOON - 2_000, downtimes }), downtimes[0])
    // Killed before it could say that it lived, so that the second begins where the first ended.
    const killed = [
      { from: 0, to: start },
      { from: start, to: NOON }
    ]
    assert.strictEqual(downtimeOf({ happenedAt: NOON - 3_000, downtimes: killed }), killed[1])
  })

  it("has advice for every cause", () => assert.sameMembers(Object.keys(adviceFor), [...GapCause.literals]))

  it("tells of the time nobody listened", () => {
    const down = { cause: "receiver down", downFrom: NOON, downTo: NOON + HOUR } as const
    assert.strictEqual(causeIn(down), "receiver down from 1970-01-01T12:00:00.000Z until 1970-01-01T13:00:00.000Z")
    assert.strictEqual(causeIn({ ...down, downFrom: null }), "receiver down until 1970-01-01T13:00:00.000Z")
    assert.strictEqual(causeIn({ cause: "unknown", downFrom: null, downTo: null }), "unknown")
  })
})
