import { assert, describe, it } from "@effect/vitest"
import { Effect, Record, Result } from "effect"
import { FullName } from "../../src/domain/Repository.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { Client } from "../sandbox/gitea/support.ts"
import { adapter } from "./support.ts"
import { answeredWith, CHANGED, LEFT_OUT, NEEDED, leadsToWhatIsSaid } from "./outcomes.ts"
import type { Call, Tables } from "./outcomes.ts"

const SHOP = FullName.make("acme/shop")
const ISSUE = `/repos/${SHOP}/issues/1`

/** Fields that are not here change nothing, whatever they hold. */
const tables: Tables = {
  "ask who the bot is": { id: NEEDED, login: NEEDED },
  "read repository": { id: NEEDED, full_name: NEEDED },
  "read issue": {
    number: NEEDED,
    title: NEEDED,
    body: NEEDED,
    state: NEEDED,
    user: NEEDED,
    "user.id": NEEDED,
    "user.login": NEEDED,
    created_at: CHANGED,
    updated_at: CHANGED,
    labels: ["changed", "changed", "unreadable"],
    "labels.0": LEFT_OUT,
    "labels.0.name": LEFT_OUT,
    // Without somebody the bot may not be there, so only a null is nobody.
    assignees: ["changed", "changed", "unreadable"],
    "assignees.0": ["left out", "left out", "unreadable"],
    "assignees.0.id": NEEDED,
    "assignees.0.login": NEEDED,
    pull_request: ["changed", "same", "changed"],
    repository: ["changed", "changed", "unreadable"],
    "repository.id": NEEDED,
    "repository.full_name": NEEDED
  },
  "read comments": {
    "0": LEFT_OUT,
    "0.id": LEFT_OUT,
    "0.user": LEFT_OUT,
    "0.user.id": LEFT_OUT,
    "0.user.login": LEFT_OUT,
    "0.body": LEFT_OUT,
    "0.created_at": CHANGED,
    "0.updated_at": CHANGED,
    "1": LEFT_OUT
  },
  "read timeline": {
    "0": LEFT_OUT,
    "1": LEFT_OUT,
    "1.id": LEFT_OUT,
    "1.type": LEFT_OUT,
    "1.created_at": CHANGED,
    "1.updated_at": CHANGED,
    "1.user": ["changed", "changed", "left out"],
    "1.user.id": LEFT_OUT,
    "1.assignee": ["changed", "changed", "left out"],
    "1.assignee.id": LEFT_OUT,
    "1.removed_assignee": ["changed", "left out", "left out"],
    "1.body": CHANGED,
    "2": LEFT_OUT,
    "3": LEFT_OUT
  },
  "list assigned issues": {
    "0": LEFT_OUT,
    "0.number": LEFT_OUT,
    "0.repository": LEFT_OUT,
    "0.repository.id": LEFT_OUT,
    "0.repository.full_name": LEFT_OUT,
    "1": LEFT_OUT
  },
  // What comes of it is "unreadable", the state: it is not said that there is none.
  "list hooks": {
    "0": LEFT_OUT,
    "0.active": LEFT_OUT,
    "0.config": LEFT_OUT,
    "0.config.url": ["changed", "left out", "left out"],
    "0.events": LEFT_OUT,
    "0.events.0": LEFT_OUT,
    "0.events.1": LEFT_OUT
  },
  "create comment": { id: NEEDED },
  "edit comment": {}
}

const BODY = { body: "On it." }

const calls: Readonly<Record<string, Call>> = {
  "ask who the bot is": { method: "GET", path: "/user", run: ({ whoAmI }) => whoAmI },
  "read repository": { method: "GET", path: "/repositories/1", run: ({ repository }) => repository(1) },
  "read issue": { method: "GET", path: ISSUE, run: ({ issue }) => issue(SHOP, 1) },
  "read comments": { method: "GET", path: `${ISSUE}/comments`, run: ({ comments }) => comments(SHOP, 1) },
  "read timeline": { method: "GET", path: `${ISSUE}/timeline`, run: ({ timeline }) => timeline(SHOP, 1) },
  "list assigned issues": {
    method: "GET",
    path: "/repos/issues/search?assigned=true",
    run: ({ assigned }) => assigned
  },
  "list hooks": { method: "GET", path: `/repos/${SHOP}/hooks`, run: ({ hook }) => hook(SHOP, null) },
  "create comment": {
    method: "POST",
    path: `${ISSUE}/comments`,
    body: BODY,
    run: ({ createComment }) => createComment(SHOP, 1, "On it.")
  },
  "edit comment": {
    method: "PATCH",
    path: `/repos/${SHOP}/issues/comments/3`,
    body: BODY,
    run: ({ editComment }) => editComment(SHOP, 3, "On it.")
  }
}

/** What there is to be read: of each list at least one element, and two where one of many is damaged. */
const prepared = Effect.gen(function* () {
  const { bot, comment, createRepository, openIssue, promote, setHooks } = yield* SandboxGitea
  const repository = yield* createRepository(SHOP)
  yield* promote(SHOP)
  yield* setHooks(SHOP, [
    { url: "http://127.0.0.1:9/webhook/gitea", secret: "s", active: true, events: ["issues", "issue_assign"] }
  ])
  const draft = { repository: SHOP, title: "Slow search", body: "It takes 9 s.", by: "ada", assignees: [bot.login] }
  yield* openIssue({ ...draft, labels: ["bug"] })
  yield* comment({ repository, number: 1, id: 1 }, "Any news?", "ada")
  yield* comment({ repository, number: 1, id: 1 }, "None.", "eve")
  yield* openIssue(draft)
})

describe("Damage to Gitea's answers", () => {
  it.effect.each(Object.keys(calls))("is no outage, and leads to what the table says: %s", (name) =>
    Effect.gen(function* () {
      yield* prepared
      const it = calls[name]
      assert.isDefined(it)
      yield* leadsToWhatIsSaid(name, it, tables)
    }).pipe(Effect.provide([adapter(), Client]))
  )

  it.effect("does not let a hook that cannot be read be told missing", () =>
    Effect.gen(function* () {
      yield* prepared
      const hooks = calls["list hooks"]
      assert.isDefined(hooks)
      assert.deepStrictEqual((yield* answeredWith(hooks, "[null]")).result, Result.succeed("unreadable"))
      assert.deepStrictEqual((yield* answeredWith(hooks, "[]")).result, Result.succeed("missing"))
    }).pipe(Effect.provide([adapter(), Client]))
  )

  it.effect("is an outage only where the answer is of another outer shape", () =>
    Effect.gen(function* () {
      yield* prepared
      const lists = ["read comments", "read timeline", "list assigned issues", "list hooks"]
      const shapes = {
        "{}": "one",
        "[]": "many",
        null: "many",
        '"text"': "none",
        "7": "none",
        "<html>": "none",
        "": "none"
      }
      for (const [name, it] of Record.toEntries(calls)) {
        if (name === "edit comment") continue
        for (const [text, shape] of Record.toEntries(shapes)) {
          const { health } = yield* answeredWith(it, text)
          const isRight = shape === (lists.includes(name) ? "many" : "one")
          assert.strictEqual(health === null, isRight, `${name} answered with ${text}`)
        }
      }
    }).pipe(Effect.provide([adapter(), Client]))
  )

  it("has a table and a call for each answer that is read", () => {
    assert.sameMembers(Object.keys(calls), Object.keys(tables))
  })
})
