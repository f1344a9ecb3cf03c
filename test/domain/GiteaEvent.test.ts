import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { readFileSync } from "node:fs"
import { Envelope, IssueAction, IssueEvent } from "../../src/domain/GiteaEvent.ts"
import { bodyOf, BOT, issueEvent, PERSON, REPOSITORY } from "../harness/Deliveries.ts"

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/gitea/${name}.json`, import.meta.url), "utf8")

const decode = Schema.decodeUnknownResult(Schema.fromJsonString(IssueEvent))
const read = (name: string): IssueEvent => Result.getOrThrow(decode(fixture(name)))
const actionOf = Schema.decodeUnknownSync(Schema.fromJsonString(Envelope))

const TOMAS = { id: 5, login: "tomas" }

describe("IssueEvent", () => {
  it.each([
    { name: "issues-assigned", action: "assigned", state: "open", assignees: [BOT] },
    { name: "issues-assigned-second-assignee", action: "assigned", state: "open", assignees: [BOT, TOMAS] },
    { name: "issues-closed", action: "closed", state: "closed", assignees: [BOT] },
    { name: "issues-edited", action: "edited", state: "open", assignees: [] },
    { name: "issues-label_updated", action: "label_updated", state: "open", assignees: [] },
    { name: "issues-opened", action: "opened", state: "open", assignees: [] },
    { name: "issues-reopened", action: "reopened", state: "open", assignees: [BOT] },
    { name: "issues-unassigned", action: "unassigned", state: "open", assignees: [] }
  ])("reads $name", ({ name, action, state, assignees }) => {
    const event = read(name)
    assert.deepStrictEqual(
      { action: event.action, state: event.issue.state, assignees: event.issue.assignees },
      { action, state, assignees }
    )
    assert.deepInclude(event, { number: event.issue.number, repository: REPOSITORY })
    assert.strictEqual(event.issue.user.login, PERSON.login)
    assert.deepStrictEqual(Object.keys(event).sort(), ["action", "issue", "number", "repository", "sender"])
  })

  it.each(["issue_comment-created", "pull_request-assigned", "push"])("does not read %s", (name) => {
    assert.isTrue(Result.isFailure(decode(fixture(name))))
  })

  it("leaves what is called __proto__ alone", () => {
    const hostile = bodyOf(issueEvent()).replace("{", '{"__proto__":{"action":"closed","sender":null},')
    assert.include(hostile, "__proto__")
    const event = Result.getOrThrow(decode(hostile))
    assert.strictEqual(event.action, "assigned")
    assert.strictEqual(Object.getPrototypeOf(event), Object.prototype)
    assert.isFalse(Object.hasOwn(event, "__proto__"))
  })

  it("does not take a field from __proto__ that is missing", () => {
    const { number: _, ...bare } = Schema.encodeSync(IssueEvent)(issueEvent())
    const hostile = Schema.encodeSync(Schema.fromJsonString(Schema.Unknown))(bare).replace(
      "{",
      '{"__proto__":{"number":57},'
    )
    assert.isTrue(Result.isFailure(decode(hostile)))
  })

  it.each(["number", "id"])("refuses an integer beyond 2^53 as %s", (field) => {
    const body = bodyOf(issueEvent()).replace(new RegExp(`"${field}": \\d+`), `"${field}": 9007199254740993`)
    assert.include(body, "9007199254740993")
    assert.isTrue(Result.isFailure(decode(body)))
  })

  it.each(IssueAction.literals)("can be %s", (action) => {
    assert.strictEqual(Result.getOrThrow(decode(bodyOf(issueEvent({ action })))).action, action)
  })

  it.each(["ASSIGNED", "milestoned", ""])("cannot be %j", (action) => {
    const body = bodyOf(issueEvent()).replace('"assigned"', `"${action}"`)
    assert.isTrue(Result.isFailure(decode(body)))
  })
})

describe("Envelope", () => {
  it("says the action of any delivery that has one", () => {
    assert.strictEqual(actionOf(fixture("issue_comment-created")).action, "created")
    assert.strictEqual(actionOf(fixture("pull_request-assigned")).action, "assigned")
    assert.isUndefined(actionOf(fixture("push")).action)
  })
})
