import { assert, describe, it } from "@effect/vitest"
import { DeliveryId } from "../../src/domain/Delivery.ts"
import { taskIdOf } from "../../src/domain/Task.ts"
import type { User } from "../../src/domain/User.ts"
import { screen } from "../../src/event/Screening.ts"
import type { Incoming } from "../../src/event/Incoming.ts"
import { BOT, issueEvent, PERSON } from "../harness/Deliveries.ts"

const us = { bot: BOT, repositories: ["inkwell/*"], canLook: true }

type Said = Pick<Incoming, "event" | "action" | "issue">

const saying = (event: ReturnType<typeof issueEvent>): Said => ({
  event: "issues",
  action: event.action,
  issue: event
})

const ignored = (said: Said, scope: Parameters<typeof screen>[1] = us) =>
  screen({ delivery: DeliveryId.make("a"), bodyHash: "A", body: "{}", ...said }, scope).ignored

describe("screen", () => {
  it("lets an issue event of an allowed repository pass", () => {
    assert.isNull(ignored(saying(issueEvent())))
  })

  it("leaves it to the store whether an issue that is not the bot's concerns it", () => {
    assert.isNull(ignored(saying(issueEvent({ issue: { assignees: [] } }))))
  })

  it("says which issue it is about, and whether the bot is among the assignees", () => {
    const subject = (assignees: ReadonlyArray<User>) =>
      screen(
        { delivery: DeliveryId.make("a"), bodyHash: "A", body: "{}", ...saying(issueEvent({ issue: { assignees } })) },
        us
      ).subject
    const about = { taskId: taskIdOf(21, 57), fullName: "inkwell/letterpress" }
    assert.deepStrictEqual(subject([PERSON, BOT]), { ...about, assigned: true })
    assert.deepStrictEqual(subject([PERSON]), { ...about, assigned: false })
  })

  it("lets every repository pass when no globs are set", () => {
    assert.isNull(ignored(saying(issueEvent()), { ...us, repositories: [] }))
  })

  it.each<[string, Said, string]>([
    ["other events", { event: "push", action: null, issue: null }, "event push is not handled"],
    ["comments", { event: "issue_comment", action: "created", issue: null }, "the comment does not mention the bot"],
    [
      "actions it does not know",
      { event: "issues", action: "milestoned", issue: null },
      "action milestoned is not handled"
    ],
    [
      "pull request events",
      { event: "pull_request", action: "assigned", issue: null },
      "pull requests are not handled"
    ],
    [
      "issue events of pull requests",
      saying(issueEvent({ issue: { pullRequest: { merged: false } } })),
      "pull requests are not handled"
    ],
    ["the bot's own actions", saying(issueEvent({ sender: BOT })), "the bot's own action"],
    [
      "the bot's own actions under a login it had before",
      saying(issueEvent({ sender: { id: BOT.id, login: "old-name" } })),
      "the bot's own action"
    ]
  ])("ignores %s", (_, event, reason) => {
    assert.strictEqual(ignored(event), reason)
  })

  it("ignores repositories that may not ask for work", () => {
    const reason = ignored(saying(issueEvent()), { ...us, repositories: ["acme/*"] })
    assert.strictEqual(reason, "repository is not in GITEA_REPOSITORIES")
  })

  it("does not take somebody who has the bot's login under another id for the bot", () => {
    assert.isNull(ignored(saying(issueEvent({ sender: { id: 77, login: BOT.login } })), us))
  })

  it("goes by the login while the bot's id is not known", () => {
    const bot = { login: "Press-Bot", id: null }
    assert.strictEqual(ignored(saying(issueEvent({ sender: BOT })), { ...us, bot }), "the bot's own action")
  })
})
