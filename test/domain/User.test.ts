import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { isBot, User } from "../../src/domain/User.ts"
import { BOT, PERSON } from "../harness/Deliveries.ts"

describe("isBot", () => {
  it("goes by the numeric id once it is known, whatever the login", () => {
    const bot = { login: "mosaic", id: BOT.id }
    assert.isTrue(isBot(bot, { id: BOT.id, login: "renamed" }))
    assert.isFalse(isBot(bot, { id: PERSON.id, login: "mosaic" }))
  })

  it("goes by the login, in any letter case, until then", () => {
    const bot = { login: "Mosaic", id: null }
    assert.isTrue(isBot(bot, { id: 1, login: "mOSAIC" }))
    assert.isFalse(isBot(bot, { id: 1, login: "mosaic2" }))
  })
})

describe("User", () => {
  it.each([{ id: 1 }, { id: "1", login: "mira" }, { id: 1.5, login: "mira" }, { id: 1, login: "" }, null])(
    "is not %j",
    (user) => {
      assert.isFalse(Schema.is(User)(user))
    }
  )
})
