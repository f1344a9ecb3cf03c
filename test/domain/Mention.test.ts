import { assert, describe, it } from "@effect/vitest"
import { mentions } from "../../src/domain/Mention.ts"
import { mentionsOf } from "../../src/domain/Timeline.ts"

const BOT = { id: 9, login: "press-bot" }

describe("mentions", () => {
  it.each([
    "@press-bot go on",
    "Please go on, @Press-Bot.",
    "(@press-bot)",
    "> quoted\n\nYes, @press-bot: take the second"
  ])("finds the login in %j", (text) => assert.isTrue(mentions(text, BOT.login)))

  it.each([
    "press-bot go on",
    "mail ada@press-bot.example",
    "@press-bot2",
    "@press-bot-two",
    "@press-bot.org",
    "@@press-bot",
    "see example.com/@press-bot",
    "> @press-bot asked",
    "  > @press-bot asked"
  ])("finds none in %j", (text) => assert.isFalse(mentions(text, BOT.login)))

  it("takes a login as it is", () => assert.isFalse(mentions("@pressxbot", "press.bot")))
})

const comment = (id: number, user: number, body: unknown = "@press-bot go on") => ({
  id,
  type: "comment",
  user: { id: user },
  body
})

describe("mentionsOf", () => {
  it("has those by others after the bot's last comment and after the mandate, newest first", () => {
    const entries = [
      comment(2, 1),
      comment(3, 9),
      comment(5, 1),
      comment(6, 2),
      comment(7, 1, "no"),
      comment(8, 1, null)
    ]
    assert.deepStrictEqual(
      mentionsOf(entries, BOT, 1).map(({ id }) => id),
      [6, 5]
    )
    assert.deepStrictEqual(
      mentionsOf(entries, BOT, 5).map(({ id }) => id),
      [6]
    )
  })

  it("has none of the bot's own, of nobody, or that is no comment", () => {
    const entries = [comment(2, 9), { ...comment(3, 1), user: null }, { ...comment(4, 1), type: "change_title" }]
    assert.deepStrictEqual(
      mentionsOf(entries, BOT, 0).map(({ user }) => user),
      [null]
    )
  })
})
