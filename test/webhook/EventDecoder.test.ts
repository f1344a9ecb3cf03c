import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { decode } from "../../src/webhook/EventDecoder.ts"
import { bodyOf, issueEvent } from "../harness/Deliveries.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)
const good = bodyOf(issueEvent())

const faultOf = (body: string | Uint8Array, event = "issues") =>
  Result.match(decode(event, typeof body === "string" ? bytesOf(body) : body), {
    onSuccess: () => null,
    onFailure: ({ detail, field, status }) => ({ status, field, detail })
  })

describe("decode", () => {
  it("gives an issue event in our own names, and the text as it was signed", () => {
    const decoded = Result.getOrThrow(decode("issues", bytesOf(good)))
    assert.strictEqual(decoded.text, good)
    assert.strictEqual(decoded.said.action, "assigned")
    assert.strictEqual(decoded.said.issue?.repository.fullName, "inkwell/letterpress")
  })

  it.each([
    ["an event of another kind", "push", "{}", null],
    ["an event of another kind with an action", "issue_comment", `{"action":"created"}`, "created"],
    ["an action that is not handled, whatever its shape", "issues", `{"action":"milestoned"}`, "milestoned"]
  ])("only names %s", (_, event, body, action) => {
    const { said } = Result.getOrThrow(decode(event, bytesOf(body)))
    assert.deepStrictEqual(said, { action, issue: null })
  })

  it.each([
    ["bytes that are not UTF-8", new Uint8Array([0x7b, 0xff, 0x7d]), "body", "The body is not UTF-8"],
    ["text that is not JSON", "{", "body", "The body is not JSON"],
    ["a byte order mark", `\ufeff${good}`, "body", "The body is not JSON"],
    ["nothing", "", "body", "The body is not JSON"],
    ["an array", "[]", "body", "The body is not a JSON object"],
    ["null", "null", "body", "The body is not a JSON object"],
    ["a string", `"push"`, "body", "The body is not a JSON object"],
    ["an issue event without an action", "{}", "action", "action is missing or has the wrong form"],
    ["an action that is no string", `{"action":1}`, "action", "action is missing or has the wrong form"],
    ["an action with a line break", `{"action":"a\\nb"}`, "action", "action has the wrong form"]
  ])("refuses %s", (_, body, field, detail) => {
    assert.deepStrictEqual(faultOf(body), { status: 422, field, detail })
  })

  it.each([
    ["issue.title", good.replace(/"title": "[^"]*"/, `"title": 5`)],
    ["repository.full_name", good.replace("inkwell/letterpress", "../letterpress")],
    ["repository.id", good.replace(`"id": 21`, `"id": 9007199254740993`)],
    ["issue.assignees.0.id", good.replace(`"id": 9`, `"id": "9"`)],
    ["sender", good.replace(`"sender"`, `"sent_by"`)]
  ])("names %s as the first field with the wrong form, and not its value", (field, body) => {
    assert.notStrictEqual(body, good)
    assert.deepStrictEqual(faultOf(body), { status: 422, field, detail: `${field} is missing or has the wrong form` })
  })

  it("refuses another kind that is not a JSON object", () => {
    assert.strictEqual(faultOf("[]", "push")?.status, 422)
  })
})
