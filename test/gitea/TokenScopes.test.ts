import { assert, describe, it } from "@effect/vitest"
import { lackingIn, neededFor, scopeRefusalIn } from "../../src/gitea/TokenScopes.ts"

const refusal = (required: string, granted: string) =>
  `{"message":"token does not have at least one of required scope(s), required=[${required}], token scope=${granted}","url":"x"}`

describe("scopeRefusalIn", () => {
  it("reads what was needed and what there is", () => {
    assert.deepStrictEqual(scopeRefusalIn(refusal("write:issue", "read:user,read:issue")), {
      required: "write:issue",
      granted: ["read:user", "read:issue"]
    })
    assert.deepStrictEqual(scopeRefusalIn(refusal("read:notification", ""))?.granted, [""])
  })

  it.each(["", "{}", "user should have specific permission", '{"message":"required=[<b>], token scope=x"}'])(
    "finds nothing in %j",
    (text) => assert.isNull(scopeRefusalIn(text))
  )
})

describe("lackingIn", () => {
  it.each([
    ["all", []],
    ["read:user,write:issue,read:repository", []],
    ["write:user,write:issue,write:repository", []],
    ["read:user,read:issue,read:repository", ["write:issue"]],
    ["write:issue", ["read:user", "read:repository"]],
    ["", ["read:user", "write:issue", "read:repository"]]
  ])("of a token with %j is %j without tools", (granted, lacking) => {
    assert.deepStrictEqual(lackingIn(granted.split(","), neededFor({ tools: false })), lacking)
  })

  it.each([
    ["all", []],
    ["read:user,write:issue,read:repository", ["write:repository"]],
    ["write:user,write:issue,write:repository", []]
  ])("of a token with %j is %j with tools", (granted, lacking) => {
    assert.deepStrictEqual(lackingIn(granted.split(","), neededFor({ tools: true })), lacking)
  })
})
