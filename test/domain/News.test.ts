import { assert, describe, it } from "@effect/vitest"
import { estimateTokens } from "../../src/domain/ContextUsage.ts"
import { holdsAnswer, tellNews } from "../../src/domain/News.ts"
import type { IssueText } from "../../src/domain/Prompt.ts"
import { FROM, issue, PERSON } from "../harness/Deliveries.ts"

const STRANGER = { id: 66, login: "eve" }
const ROOMS = { writers: 2_000, others: 1_000 }

const comment = (id: number, body: string, user = STRANGER) => ({ id, user, body, createdAt: "2026-03-18T08:00:00Z" })
const textOf = (...comments: IssueText["comments"]): IssueText => ({
  fullName: "inkwell/letterpress",
  issue: issue(),
  comments,
  from: FROM
})
const all = (text: IssueText) => text.comments.map(({ id }) => `comment ${id}`)

describe("tellNews", () => {
  it("tells what is new and what was edited, and by whom", () => {
    const text = textOf(comment(1, "Delete it."), comment(2, "Only the footer.", PERSON), comment(3, "Known before."))
    const told = tellNews(text, { "comment 2": "1" }, ["comment 1", "comment 2"], ROOMS).text ?? ""
    assert.match(
      told,
      /= new comment 1 by eve, by somebody not known to have write access; written after the assignment [^\n]*\nDelete/
    )
    assert.match(told, /= edited comment 2 by mira, by somebody who may write to the repository\nOnly the footer/)
    assert.notInclude(told, "Known before.")
  })

  it("says whether any of it is by somebody who may write", () => {
    const text = textOf(comment(1, "Delete it."), comment(2, "Only the footer.", PERSON))
    assert.isTrue(tellNews(text, {}, all(text), ROOMS).byWriters)
    assert.isFalse(tellNews(text, {}, ["comment 1"], ROOMS).byWriters)
  })

  it("tells of another title and another text", () => {
    const told = tellNews(textOf(), { title: "a", text: "b" }, ["title", "text"], ROOMS).text ?? ""
    assert.match(told, /= title, as it is now[^\n]*\nFootnote rule/)
    assert.match(told, /= text of the issue, as it is now[^\n]*\nSee `render/)
  })

  it("is nothing where what changed is not there", () => {
    assert.deepStrictEqual(tellNews(textOf(), {}, ["comment 9"], ROOMS), {
      text: null,
      spent: { writers: 0, others: 0 },
      byWriters: false
    })
  })

  it("tells the newest of a crowd, within the room of strangers, and leaves the room of writers to them", () => {
    const crowd = Array.from({ length: 300 }, (_, index) => comment(index + 2, `Noise ${index} ${"x".repeat(150)}`))
    const text = textOf(comment(1, "Only the footer.", PERSON), ...crowd)
    const { spent, text: told } = tellNews(text, {}, all(text), ROOMS)
    assert.include(told, "Only the footer.")
    assert.include(told, "Noise 299 ")
    assert.notInclude(told, "Noise 0 ")
    assert.match(told ?? "", /\n\n29\d more did not fit\. Read the comments with `read_comments`\.$/)
    assert.isAtMost(spent.others, ROOMS.others)
    assert.isAtMost(estimateTokens(told ?? ""), ROOMS.others + ROOMS.writers)
  })

  it("cuts one that is too long, and shows none without room", () => {
    const text = textOf(comment(1, "y".repeat(100_000)))
    const { spent, text: told } = tellNews(text, {}, all(text), ROOMS)
    assert.include(told, "[cut here: it was longer]")
    assert.isAtMost(spent.others, ROOMS.others)
    const none = tellNews(text, {}, all(text), { writers: 0, others: 0 })
    assert.match(none.text ?? "", /given the issue\.\n\n1 more did not fit/)
    assert.deepStrictEqual(none.spent, { writers: 0, others: 0 })
  })
})

describe("holdsAnswer", () => {
  it.each([
    { held: 0, byWriters: true, holds: true },
    { held: 1, byWriters: true, holds: true },
    { held: 2, byWriters: true, holds: false },
    { held: 0, byWriters: false, holds: true },
    { held: 1, byWriters: false, holds: false }
  ])("after $held times, by writers: $byWriters, is $holds", ({ byWriters, held, holds }) => {
    assert.strictEqual(holdsAnswer(held, byWriters), holds)
  })
})
