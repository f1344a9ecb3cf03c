import { assert, describe, it } from "@effect/vitest"
import { decide } from "../../src/operator/OperatorRule.ts"
import type { Caller, Verdict } from "../../src/operator/OperatorRule.ts"

const OPERATOR: Caller = { host: "localhost:8000", origin: undefined, token: "right" }
const BEHIND_TLS = { ...OPERATOR, host: "coordinator.example.com", origin: "https://coordinator.example.com" }

const table: ReadonlyArray<readonly [name: string, caller: Caller, verdict: Verdict]> = [
  ["with the token", OPERATOR, "allowed"],
  ["with the token, without a host", { ...OPERATOR, host: undefined }, "allowed"],
  ["with a wrong token", { ...OPERATOR, token: "wrong" }, "token needed"],
  ["from a page of another origin", { ...OPERATOR, origin: "https://example.com" }, "foreign origin"],
  ["from a page of another port", { ...OPERATOR, origin: "http://localhost:3000" }, "foreign origin"],
  ["from a page without an origin of its own", { ...OPERATOR, origin: "null" }, "foreign origin"],
  ["from a page of our own", { ...OPERATOR, origin: "http://LOCALHOST:8000" }, "allowed"],
  ["from a page of our own behind TLS", BEHIND_TLS, "allowed"],
  ["from a page of our own, with a wrong token", { ...BEHIND_TLS, token: "wrong" }, "token needed"]
]

describe("OperatorRule", () => {
  it.each(table)("decides on a request %s", (_, caller, verdict) => {
    assert.strictEqual(decide(caller), verdict)
  })
})
