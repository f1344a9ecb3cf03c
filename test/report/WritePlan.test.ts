import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"
import { Observation } from "../../src/domain/Mandate.ts"
import { fromStatus, noAnswer } from "../../src/gitea/GiteaError.ts"
import type { Look } from "../../src/issue/IssueReader.ts"
import { progressKey, reportKey } from "../../src/outbox/Outbox.ts"
import type { OutboxRow } from "../../src/outbox/Outbox.ts"
import { needsSearch, planRetry, planWrite, WritePlan } from "../../src/report/WritePlan.ts"
import { issue } from "../harness/Deliveries.ts"
import { SUBJECT, TASK } from "../harness/Workbench.ts"

const row = (values: Partial<OutboxRow> = {}): OutboxRow => ({
  key: reportKey(TASK, 1),
  taskId: TASK,
  needsMandate: true,
  body: "The answer",
  news: false,
  revision: 1,
  commentId: null,
  tries: 0,
  refusals: 0,
  waitsSince: null,
  ...values
})

const rows = {
  answer: row(),
  /** Work that waits or runs. */
  "progress under way": row({ key: progressKey(TASK) }),
  "progress at the end": row({ key: progressKey(TASK), needsMandate: false })
}

const seen = (observation: Observation): Look => ({ subject: SUBJECT, issue: issue(), observation })
const looks = {
  assigned: seen(Observation.Assigned({ mandate: null })),
  unassigned: seen(Observation.Unassigned()),
  closed: seen(Observation.Closed()),
  gone: { subject: null, issue: null, observation: Observation.Gone() }
} satisfies Record<string, Look>

const whys = {
  unassigned: "the issue is not assigned to the bot",
  closed: "the issue is closed",
  gone: "the issue no longer exists"
}

const create = WritePlan.Create()
const edit = WritePlan.Edit({ id: 7, again: false })
const keep = WritePlan.Keep({ id: 7 })
const drop = (state: keyof typeof whys) => WritePlan.Drop({ why: whys[state] })

type Cell = readonly [
  what: keyof typeof rows,
  on: keyof typeof looks,
  /** What is planned where no comment of it is known, and where comment 7 is. */
  unknown: WritePlan,
  known: WritePlan
]

const cells: ReadonlyArray<Cell> = [
  ["answer", "assigned", create, edit],
  ["answer", "unassigned", drop("unassigned"), keep],
  ["answer", "closed", drop("closed"), keep],
  ["answer", "gone", drop("gone"), drop("gone")],
  ["progress under way", "assigned", create, edit],
  ["progress under way", "unassigned", drop("unassigned"), drop("unassigned")],
  ["progress under way", "closed", drop("closed"), drop("closed")],
  ["progress under way", "gone", drop("gone"), drop("gone")],
  ["progress at the end", "assigned", create, edit],
  ["progress at the end", "unassigned", drop("unassigned"), edit],
  ["progress at the end", "closed", drop("closed"), edit],
  ["progress at the end", "gone", drop("gone"), drop("gone")]
]

describe("planWrite", () => {
  it.each(cells)("decides what becomes of %s on an issue that is %s", (what, on, unknown, known) => {
    assert.deepStrictEqual(planWrite(rows[what], looks[on], null), unknown)
    assert.deepStrictEqual(planWrite(rows[what], looks[on], 7), known)
  })

  it("writes news anew whose comment was deleted, where anything may be said", () => {
    const news = row({ key: progressKey(TASK), needsMandate: false, news: true })
    assert.deepStrictEqual(planWrite(news, looks.assigned, 7), WritePlan.Edit({ id: 7, again: true }))
    assert.deepStrictEqual(planWrite(news, looks.closed, 7), edit)
  })

  it("has a cell for each kind of row and look", () => {
    assert.strictEqual(
      new Set(cells.map(([what, on]) => `${what} ${on}`)).size,
      Object.keys(rows).length * Object.keys(looks).length
    )
  })

  it.each([
    [0, null, false],
    [1, null, true],
    [0, 7, false],
    [1, 7, false]
  ])("looks for the comment after %i tries with comment %s: %s", (tries, commentId, expected) => {
    assert.strictEqual(needsSearch(row({ tries, commentId }), looks.closed), expected)
    assert.isFalse(needsSearch(row({ tries, commentId }), looks.gone))
  })
})

describe("planRetry", () => {
  const status = (code: number) => fromStatus("create comment", code, undefined)

  it.each([
    ["an outage", noAnswer("create comment", "no route"), "postpone", 30, false],
    ["an overload", status(503), "postpone", 30, false],
    ["a token that is not accepted", status(401), "postpone", 300, false],
    ["a refusal", status(403), "refused", 300, false],
    ["a lock", status(423), "refused", 300, true]
  ] as const)("postpones a comment for %s", (_, error, next, seconds, parks) => {
    assert.deepStrictEqual(planRetry(row(), error, false), { next, rest: Duration.seconds(seconds), parks })
  })

  it("takes a failure of one comment for an outage, unless others are written", () => {
    const [fault, busy] = [status(500), status(503)]
    assert.strictEqual(planRetry(row({ refusals: 12 }), fault, false).next, "postpone")
    assert.strictEqual(planRetry(row({ refusals: 11 }), fault, true).next, "refused")
    assert.strictEqual(planRetry(row({ refusals: 12 }), fault, true).next, "give up")
    assert.strictEqual(planRetry(row({ refusals: 12 }), busy, true).next, "postpone")
    const look = fromStatus("read issue", 500)
    assert.strictEqual(planRetry(row({ refusals: 12 }), look, true).next, "postpone")
  })

  it("gives a comment up that was refused for an hour, and none for anything else", () => {
    const waiting = row({ refusals: 12 })
    assert.strictEqual(planRetry(row({ refusals: 11 }), status(403), false).next, "refused")
    assert.strictEqual(planRetry(waiting, status(403), false).next, "give up")
    assert.strictEqual(planRetry(waiting, status(503), false).next, "postpone")
    assert.strictEqual(planRetry(waiting, status(401), false).next, "postpone")
  })
})
