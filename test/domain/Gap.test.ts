import { assert, describe, it } from "@effect/vitest"
import { adviceFor, causeOf, GapCause } from "../../src/domain/Gap.ts"
import type { Evidence } from "../../src/domain/Gap.ts"

const HOUR = 3_600_000
const NOON = 12 * HOUR

const evidence = (parts: Partial<Evidence>): Evidence => ({
  happenedAt: NOON,
  issueCreatedAt: NOON - HOUR,
  downtimes: [],
  hook: "unreadable",
  received: { any: true, assignments: true },
  ...parts
})

const nothing = { any: false, assignments: false }
const down = [{ from: NOON - 60_000, to: NOON + 60_000 }]

describe("Gap", () => {
  it.each<readonly [GapCause, Partial<Evidence>]>([
    ["receiver down", { downtimes: down }],
    ["receiver down", { downtimes: down, hook: "inactive", received: nothing }],
    ["receiver down", { downtimes: [{ from: NOON + 3_000, to: NOON + HOUR }] }],
    ["unknown", { downtimes: [{ from: NOON + HOUR, to: NOON + 2 * HOUR }] }],
    ["unknown", { happenedAt: null, downtimes: down }],
    ["hook inactive", { hook: "inactive" }],
    ["not subscribed to assignments", { hook: "unsubscribed" }],
    ["not subscribed to assignments", { received: { any: true, assignments: false } }],
    ["hook missing", { received: nothing }],
    ["hook missing", { hook: "missing", received: nothing }],
    ["host not allowed", { hook: "active", received: nothing }],
    ["created with assignee", { issueCreatedAt: NOON - 1_000 }],
    ["unknown", { issueCreatedAt: null }],
    // A repository without a hook of its own may have its organization's.
    ["unknown", { hook: "missing" }]
  ])("is explained by %s from %j", (cause, parts) => assert.strictEqual(causeOf(evidence(parts)), cause))

  it("has advice for every cause", () => assert.sameMembers(Object.keys(adviceFor), [...GapCause.literals]))
})
