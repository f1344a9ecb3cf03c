import { assert, describe, it } from "@effect/vitest"
import { DeliveryId } from "../../src/domain/Delivery.ts"
import { taskIdOf } from "../../src/domain/Task.ts"
import { verdictsOf } from "../../src/event/Verdict.ts"
import type { Known, Verdict } from "../../src/event/Verdict.ts"
import type { Screened } from "../../src/event/Screening.ts"

const NOTHING: Known = { stored: false, seen: false, heeded: false, concerned: false, newestBody: null }

const incoming = (id: string, bodyHash: string, overrides: Partial<Screened> = {}): Screened => ({
  delivery: DeliveryId.make(id),
  bodyHash,
  event: "issues",
  action: "assigned",
  body: "{}",
  subject: { taskId: taskIdOf(21, 57), fullName: "inkwell/letterpress", assigned: true },
  ignored: null,
  ...overrides
})

const about = (number: number, assigned = true) => ({
  subject: { taskId: taskIdOf(21, number), fullName: "inkwell/letterpress", assigned }
})

const told = ({ receipt, stored }: Verdict) => [receipt.status, stored?.status ?? "not stored", stored?.replay ?? null]

const one = (known: Partial<Known>, canLook: boolean, overrides: Partial<Screened> = {}) =>
  verdictsOf([{ incoming: incoming("a", "A", overrides), known: { ...NOTHING, ...known } }], canLook)

const batch = (deliveries: ReadonlyArray<Screened>, canLook: boolean) =>
  verdictsOf(
    deliveries.map((it) => ({ incoming: it, known: NOTHING })),
    canLook
  ).map(told)

const replayed = { seen: true, heeded: true }

describe("verdictsOf", () => {
  it("accepts what is new", () => {
    const [verdict] = one({}, true)
    assert.deepStrictEqual(verdict, {
      receipt: {
        status: "accepted",
        delivery: DeliveryId.make("a"),
        event: "issues",
        action: "assigned",
        task: "21/57"
      },
      stored: { status: "accepted", reason: null, replay: false }
    })
  })

  it.each<[string, Partial<Known>, boolean, Partial<Screened>, ReadonlyArray<unknown>]>([
    ["does not store a delivery twice", { ...replayed, stored: true }, true, {}, ["duplicate", "not stored", null]],
    ["takes a replay as a reason to look", replayed, true, {}, ["duplicate", "accepted", true]],
    [
      "without a look: a replay right after is a duplicate",
      { ...replayed, newestBody: "A" },
      false,
      {},
      ["duplicate", "duplicate", true]
    ],
    [
      "without a look: a replay after another delivery counts as new",
      { ...replayed, newestBody: "B" },
      false,
      {},
      ["accepted", "accepted", false]
    ],
    [
      "accepts what was ignored for its time, once it is not any more",
      { seen: true, newestBody: "A" },
      false,
      {},
      ["accepted", "accepted", false]
    ],
    ["ignores what the screen ignored", { concerned: true }, true, { ignored: "no" }, ["ignored", "ignored", false]],
    [
      "calls the replay of an ignored one a duplicate",
      { seen: true },
      true,
      { ignored: "no" },
      ["duplicate", "ignored", true]
    ],
    ["ignores what is about no issue", {}, true, { subject: null }, ["ignored", "ignored", false]],
    ["ignores an issue of others", {}, true, about(57, false), ["ignored", "ignored", false]],
    ["accepts an issue that has a task", { concerned: true }, true, about(57, false), ["accepted", "accepted", false]]
  ])("%s", (_, known, canLook, overrides, expected) => {
    assert.deepStrictEqual(one(known, canLook, overrides).map(told), [expected])
  })

  it("says why it ignored", () => {
    const reasons = [one({}, true, about(57, false)), one({}, true, { subject: null }), one({}, true, { ignored: "x" })]
    assert.deepStrictEqual(
      reasons.map(([verdict]) => [verdict?.receipt.reason, verdict?.stored?.reason]),
      [
        ["not assigned to the bot, and no task", "not assigned to the bot, and no task"],
        ["not about an issue", "not about an issue"],
        ["x", "x"]
      ]
    )
  })

  it("sees duplicates and replays within one batch", () => {
    const deliveries = [incoming("a", "A"), incoming("a", "A"), incoming("b", "A"), incoming("a", "B")]
    assert.deepStrictEqual(batch(deliveries, true), [
      ["accepted", "accepted", false],
      ["duplicate", "not stored", null],
      ["duplicate", "accepted", true],
      ["accepted", "accepted", false]
    ])
  })

  it("sees within one batch, without a look, whether another delivery of the issue came between", () => {
    const unassigned = incoming("u", "U", about(57, false))
    const elsewhere = incoming("e", "E", about(58))
    const deliveries = [incoming("a", "A"), elsewhere, incoming("b", "A"), unassigned, incoming("c", "A")]
    assert.deepStrictEqual(batch(deliveries, false), [
      ["accepted", "accepted", false],
      ["accepted", "accepted", false],
      ["duplicate", "duplicate", true],
      ["accepted", "accepted", false],
      ["accepted", "accepted", false]
    ])
  })

  it("keeps an unassignment that comes in the same batch as the assignment", () => {
    const deliveries = [incoming("a", "A"), incoming("u", "U", about(57, false)), incoming("o", "O", about(58, false))]
    assert.deepStrictEqual(
      batch(deliveries, true).map(([status]) => status),
      ["accepted", "accepted", "ignored"]
    )
  })
})
