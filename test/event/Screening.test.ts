import { assert, describe, it } from "@effect/vitest"
import { screen } from "../../src/event/Screening.ts"
import type { WebhookEvent } from "../../src/event/Screening.ts"
import { BOT, issueEvent } from "../harness/Deliveries.ts"

const us = { bot: BOT, repositories: ["inkwell/*"] }

const saying = (event: ReturnType<typeof issueEvent>): WebhookEvent => ({
  event: "issues",
  action: event.action,
  issue: event
})

describe("screen", () => {
  it("lets an issue event of an allowed repository pass", () => {
    assert.isNull(screen(saying(issueEvent()), us))
  })

  it("leaves it to the store whether an issue that is not the bot's concerns it", () => {
    assert.isNull(screen(saying(issueEvent({ issue: { assignees: [] } })), us))
  })

  it("lets every repository pass when no globs are set", () => {
    assert.isNull(screen(saying(issueEvent()), { ...us, repositories: [] }))
  })

  it.each<[string, WebhookEvent, string]>([
    ["other events", { event: "push", action: null, issue: null }, "event push is not handled"],
    ["comments", { event: "issue_comment", action: "created", issue: null }, "event issue_comment is not handled"],
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
    assert.strictEqual(screen(event, us), reason)
  })

  it("ignores repositories that may not ask for work", () => {
    const reason = screen(saying(issueEvent()), { ...us, repositories: ["acme/*"] })
    assert.strictEqual(reason, "repository is not in GITEA_REPOSITORIES")
  })

  it("does not take somebody who has the bot's login under another id for the bot", () => {
    assert.isNull(screen(saying(issueEvent({ sender: { id: 77, login: BOT.login } })), us))
  })

  it("goes by the login while the bot's id is not known", () => {
    const bot = { login: "Press-Bot", id: null }
    assert.strictEqual(screen(saying(issueEvent({ sender: BOT })), { ...us, bot }), "the bot's own action")
  })
})
