import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { isPullRequest, Issue } from "../../src/domain/Issue.ts"
import { BOT, PERSON, REPOSITORY } from "../harness/Deliveries.ts"

const sent = {
  id: 418,
  number: 57,
  title: "Footnote rule",
  body: "",
  state: "open" as const,
  user: PERSON,
  assignees: [BOT],
  labels: [{ id: 31, name: "bug", color: "d73a4a" }],
  created_at: "2026-01-07T13:45:20Z",
  updated_at: "2026-01-08T09:00:00Z",
  pull_request: null,
  repository: { id: 21, name: "letterpress", owner: "inkwell", full_name: "inkwell/letterpress" }
}

const read = Schema.decodeUnknownSync(Issue)
const isIssue = (fields: Readonly<Record<string, unknown>>) =>
  Schema.decodeResult(Issue)({ ...sent, ...fields })._tag === "Success"

describe("Issue", () => {
  it("keeps the fields that are used, under our names", () => {
    assert.deepStrictEqual(read(sent), {
      number: 57,
      title: "Footnote rule",
      body: "",
      state: "open",
      user: PERSON,
      assignees: [BOT],
      labels: [{ name: "bug" }],
      createdAt: "2026-01-07T13:45:20Z",
      updatedAt: "2026-01-08T09:00:00Z",
      pullRequest: null,
      repository: REPOSITORY
    })
  })

  it("takes a null list for an empty one, and a missing one too", () => {
    const nulls = read({ ...sent, assignees: null, labels: null })
    const {
      assignees: _assignees,
      labels: _labels,
      pull_request: _pullRequest,
      repository: _repository,
      ...bare
    } = sent
    assert.deepStrictEqual([nulls.assignees, nulls.labels], [[], []])
    assert.deepStrictEqual([read(bare).assignees, read(bare).labels], [[], []])
  })

  it.each([
    { number: 2 ** 53 },
    { number: 0 },
    { number: -1 },
    { number: 1.5 },
    { number: "57" },
    { title: null },
    { body: null },
    { state: "merged" },
    { user: null },
    { assignees: [null] },
    { assignees: {} },
    { assignees: [{ id: 2 ** 53, login: "press-bot" }] },
    { labels: [{}] },
    { repository: { id: 21, full_name: "../letterpress" } },
    { repository: { id: -1, full_name: "inkwell/letterpress" } }
  ])("is refused with %j", (fields) => {
    assert.isFalse(isIssue(fields))
  })

  it("may have the largest number that is exact", () => {
    assert.isTrue(isIssue({ number: 2 ** 53 - 1 }))
  })

  it("is written under Gitea's names", () => {
    const { id: _id, ...fields } = sent
    assert.deepStrictEqual(Schema.encodeSync(Issue)(read(sent)), {
      ...fields,
      labels: [{ name: "bug" }],
      repository: { id: 21, full_name: REPOSITORY.fullName }
    })
  })
})

describe("isPullRequest", () => {
  it("goes by the field that only pull requests fill", () => {
    const { pull_request: _, ...bare } = sent
    assert.isFalse(isPullRequest(read(sent)))
    assert.isFalse(isPullRequest(read(bare)))
    assert.isTrue(isPullRequest(read({ ...sent, pull_request: { merged: false } })))
  })
})
