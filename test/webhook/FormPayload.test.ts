import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import { payloadOf } from "../../src/webhook/FormPayload.ts"
import { formOf } from "../harness/Deliveries.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)
const read = (form: string) => Result.map(payloadOf(bytesOf(form)), (bytes) => new TextDecoder().decode(bytes))

describe("FormPayload", () => {
  it.each([
    ["payload=%7B%22a%22%3A+1%7D", `{"a": 1}`],
    ["payload=a%2Bb+c%20d", "a+b c d"],
    ["payload=%e2%82%ac%C3%A9", "€é"],
    ["payload=€", "€"],
    ["payload=a=b", "a=b"],
    ["payload=100%", "100%"],
    ["payload=%4", "%4"],
    ["payload=%zz%+1", "%zz% 1"],
    ["payload=", ""]
  ])("reads %s", (form, expected) => {
    assert.deepStrictEqual(read(form), Result.succeed(expected))
  })

  it("keeps bytes that are not UTF-8", () => {
    assert.deepStrictEqual(payloadOf(bytesOf("payload=%7b%ff%7d")), Result.succeed(new Uint8Array([0x7b, 0xff, 0x7d])))
  })

  it.each([
    ["nothing", ""],
    ["no payload", "text=%7B%7D"],
    ["a payload without a value", "payload"],
    ["two payloads", "payload=%7B%7D&payload=%7B%7D"],
    ["a field beside it", "payload=%7B%7D&ref=main"],
    ["a field before it", "ref=main&payload=%7B%7D"],
    ["JSON", `{"payload":"{}"}`]
  ])("refuses %s", (_, form) => {
    assert.strictEqual(Result.merge(Result.mapError(read(form), ({ status }) => status)), 401)
  })

  it.prop("gives back any text that was put into a form", [Schema.String], ([text]) => {
    const whole = text.toWellFormed()
    assert.deepStrictEqual(read(formOf(whole)), Result.succeed(whole))
  })
})
