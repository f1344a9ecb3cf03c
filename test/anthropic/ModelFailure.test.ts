import { assert, describe, it } from "@effect/vitest"
import { classify, retryAfterOf } from "../../src/anthropic/ModelFailure.ts"
import type { Refusal } from "../../src/anthropic/ModelFailure.ts"
import type { ModelError } from "../../src/anthropic/ModelError.ts"

const refused = (fields: Partial<Refusal>): ModelError =>
  classify("turn", "req_1", {
    _tag: "Refused",
    status: null,
    type: null,
    code: null,
    message: null,
    retryAfter: null,
    ...fields
  })

/** The error in one word: its kind where it has one, else its tag. */
const word = (error: ModelError): string => (error._tag === "ModelUnavailable" ? error.kind : error._tag)

const table: ReadonlyArray<readonly [string, Partial<Refusal>, string]> = [
  ["a rate limit", { status: 429, type: "rate_limit_error" }, "ModelRateLimited"],
  ["a 429 without a type", { status: 429 }, "ModelRateLimited"],
  ["a ramp limit", { status: 429, type: "rate_limit_error", code: "ramp_limit_exceeded" }, "ModelRateLimited"],
  [
    "an enforced spend limit, which is a 429",
    { status: 429, type: "rate_limit_error", code: "enforced_spend_limit_reached" },
    "ModelSpendLimit"
  ],
  [
    "a contract's spend limit, which is a 429",
    { status: 429, code: "contract_spend_limit_reached" },
    "ModelSpendLimit"
  ],
  [
    "a linked organization's spend limit",
    { status: 402, code: "linked_organization_spend_limit_reached" },
    "ModelSpendLimit"
  ],
  ["a bill that is not paid", { status: 402 }, "ModelSpendLimit"],
  ["a billing error in a stream", { type: "billing_error" }, "ModelSpendLimit"],
  [
    "a usage limit, which is a 400 without a code",
    { status: 400, type: "invalid_request_error", message: "You have reached your specified API usage limits." },
    "ModelSpendLimit"
  ],
  ["an overload", { status: 529, type: "overloaded_error" }, "ModelOverloaded"],
  ["an overload in a stream", { type: "overloaded_error" }, "ModelOverloaded"],
  ["a rate limit in a stream", { type: "rate_limit_error" }, "ModelRateLimited"],
  ["compaction that is not available", { status: 529, code: "compaction_unavailable" }, "ModelOverloaded"],
  ["compaction that is not available, in a stream", { code: "compaction_unavailable" }, "ModelOverloaded"],
  ["an API error", { status: 500, type: "api_error" }, "server"],
  ["an API error in a stream", { type: "api_error" }, "server"],
  ["an unknown error in a stream", { type: "new_error" }, "server"],
  ["a proxy's bad gateway", { status: 502 }, "server"],
  ["a conflict", { status: 409 }, "server"],
  ["a request time-out", { status: 408 }, "timeout"],
  ["a gateway time-out", { status: 504, type: "timeout_error" }, "timeout"],
  ["a key that is not accepted", { status: 401, type: "authentication_error" }, "ModelAuth"],
  ["a key that may not", { status: 403, type: "permission_error" }, "ModelAuth"],
  [
    "a prompt that is too long",
    { status: 400, type: "invalid_request_error", message: "prompt is too long: 9 tokens > 8 maximum" },
    "ContextOverflow"
  ],
  ["a request that is too large", { status: 413, type: "request_too_large" }, "ContextOverflow"],
  ["an unknown model", { status: 404, type: "not_found_error" }, "ModelUnfit"],
  [
    "credit that is used up, which is a 400 without a code",
    { status: 400, message: "Your credit balance is too low to access the Anthropic API." },
    "ModelSpendLimit"
  ],
  ["an account that is closed", { status: 400, message: "This organization has been disabled." }, "ModelAuth"],
  [
    "thinking that is not taken back",
    { status: 400, message: "messages.1.content.0: Invalid `signature` in `thinking` block" },
    "ThinkingRejected"
  ],
  [
    "input and output that are too much together",
    {
      status: 400,
      message: "input length and `max_tokens` exceed context limit: 7000 + 4096 > 8000, decrease input length"
    },
    "ContextOverflow"
  ],
  ["a bad request", { status: 400, type: "invalid_request_error", message: "messages: no" }, "ModelRejected"],
  [
    "an open turn that cannot be compacted",
    { status: 400, type: "invalid_request_error", code: "compaction_incomplete_turn" },
    "ModelRejected"
  ],
  ["a status nobody knows", { status: 418 }, "ModelRejected"],
  ["a type against its status: the type", { status: 500, type: "overloaded_error" }, "ModelOverloaded"]
]

describe("classify", () => {
  for (const [what, fields, expected] of table) {
    it(`knows ${what}`, () => assert.strictEqual(word(refused(fields)), expected))
  }

  it("keeps the wait, the code, the request and what was being done", () => {
    const limited = refused({ status: 429, retryAfter: 1_000 })
    assert.deepInclude(limited, { operation: "turn", requestId: "req_1", retryAfter: 1_000 })
    const code = "compaction_nothing_to_summarize"
    assert.deepInclude(refused({ status: 400, code }), { _tag: "ModelRejected", status: 400, code })
  })

  it("tells how much output there is room for", () => {
    const message = "input length and `max_tokens` exceed context limit: 7000 + 4096 > 8000, decrease input length"
    assert.deepInclude(refused({ status: 400, message }), { room: 1_000 })
  })

  it("takes whatever the models endpoint refuses for a fault of the model's side", () => {
    const failure = { _tag: "Refused", status: 400, type: null, code: null, message: "no", retryAfter: null } as const
    assert.strictEqual(classify("info", null, failure)._tag, "ModelUnfit")
  })

  it("retries what can succeed later, and nothing else", () => {
    const retryable = table.filter(([, fields]) => refused(fields).retryable).map(([, , expected]) => expected)
    assert.sameMembers([...new Set(retryable)], ["ModelRateLimited", "ModelOverloaded", "server", "timeout"])
  })

  it("takes a failure without a whole answer for an outage of its kind", () => {
    const error = classify("count", null, { _tag: "NoAnswer", kind: "stalled" })
    assert.deepInclude(error, { _tag: "ModelUnavailable", kind: "stalled", operation: "count" })
    assert.isTrue(error.retryable)
  })

  it("quotes the API on one line and at no great length", () => {
    const { message } = refused({ status: 400, message: `first\nsecond ${"x".repeat(1_000)}` })
    assert.include(message, "first second")
    assert.isBelow(message.length, 400)
  })
})

describe("retryAfterOf", () => {
  it("reads seconds", () => assert.strictEqual(retryAfterOf(null, "7", 0), 7_000))

  it("prefers milliseconds", () => {
    assert.strictEqual(retryAfterOf("250", "7", 0), 250)
    assert.strictEqual(retryAfterOf("500.4", null, 0), 500)
  })

  it("reads an HTTP date", () =>
    assert.strictEqual(retryAfterOf(null, "Thu, 01 Jan 1970 00:01:00 GMT", 10_000), 50_000))

  it("is null where there is nothing to wait for", () => {
    for (const header of [null, "0", "-1", "soon", "Thu, 01 Jan 1970 00:00:00 GMT", ""]) {
      assert.isNull(retryAfterOf(null, header, 10_000))
    }
    assert.isNull(retryAfterOf("soon", "7", 0))
  })
})
