import { assert, describe, it } from "@effect/vitest"
import { decide } from "../../src/operator/OperatorRule.ts"
import type { Caller, Verdict } from "../../src/operator/OperatorRule.ts"

const LOCAL: Caller = {
  peer: "127.0.0.1",
  host: "localhost:8000",
  origin: undefined,
  headers: ["host"],
  token: "unset"
}
const REMOTE: Caller = { ...LOCAL, peer: "203.0.113.9", host: "coordinator.example.com" }

const table: ReadonlyArray<readonly [name: string, caller: Caller, verdict: Verdict]> = [
  ["a direct request to localhost", LOCAL, "allowed"],
  ["without a port", { ...LOCAL, host: "localhost" }, "allowed"],
  ["to 127.0.0.1", { ...LOCAL, host: "127.0.0.1:8000" }, "allowed"],
  ["to another address of the loopback net", { ...LOCAL, peer: "127.9.9.9", host: "127.9.9.9" }, "allowed"],
  ["over IPv6", { ...LOCAL, peer: "::1", host: "[::1]:8000" }, "allowed"],
  ["over a socket for both", { ...LOCAL, peer: "::ffff:127.0.0.1" }, "allowed"],
  ["in capitals", { ...LOCAL, host: "LocalHost:8000" }, "allowed"],
  ["from elsewhere", { ...LOCAL, peer: "203.0.113.9" }, "not local"],
  ["from an address that only begins like loopback", { ...LOCAL, peer: "127.0.0.1.example.com" }, "not local"],
  ["from an unknown peer", { ...LOCAL, peer: null }, "not local"],
  ["to a name that was pointed at loopback", { ...LOCAL, host: "rebound.example.com" }, "not local"],
  ["to a name that begins with localhost", { ...LOCAL, host: "localhost.example.com" }, "not local"],
  ["to a name with localhost as its user", { ...LOCAL, host: "localhost@example.com" }, "not local"],
  ["without a host", { ...LOCAL, host: undefined }, "not local"],
  ["through a proxy, by Forwarded", { ...LOCAL, headers: ["host", "forwarded"] }, "not local"],
  ["through a proxy, by X-Forwarded-For", { ...LOCAL, headers: ["host", "x-forwarded-for"] }, "not local"],
  ["through a proxy, by X-Forwarded-Host", { ...LOCAL, headers: ["host", "x-forwarded-host"] }, "not local"],
  ["through a proxy, by Via", { ...LOCAL, headers: ["host", "via"] }, "not local"],
  ["from a page of another origin", { ...LOCAL, origin: "https://example.com" }, "foreign origin"],
  ["from a page of another port", { ...LOCAL, origin: "http://localhost:3000" }, "foreign origin"],
  ["from a page without an origin of its own", { ...LOCAL, origin: "null" }, "foreign origin"],
  ["from a page of our own", { ...LOCAL, origin: "http://localhost:8000" }, "allowed"],
  ["with the token, from anywhere", { ...REMOTE, token: "right" }, "allowed"],
  ["with the token, through a proxy", { ...REMOTE, headers: ["x-forwarded-for"], token: "right" }, "allowed"],
  ["with a wrong token", { ...REMOTE, token: "wrong" }, "token needed"],
  ["locally, where there is a token it does not send", { ...LOCAL, token: "wrong" }, "token needed"],
  [
    "with the token, from a page behind TLS",
    { ...REMOTE, origin: "https://coordinator.example.com", token: "right" },
    "allowed"
  ],
  [
    "with the token, from a page of another origin",
    { ...REMOTE, origin: "https://example.com", token: "right" },
    "foreign origin"
  ]
]

describe("OperatorRule", () => {
  it.each(table)("decides on a request %s", (_, caller, verdict) => {
    assert.strictEqual(decide(caller), verdict)
  })
})
