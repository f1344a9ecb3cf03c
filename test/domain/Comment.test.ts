import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { escapeMarkdown, findMarked, mapText, markerOf, withMarker } from "../../src/domain/Comment.ts"
import { BOT, PERSON } from "../harness/Deliveries.ts"
import { anyText } from "./texts.ts"

const KEY = "21/57 report 1"
const comment = (id: number, body: string, user = BOT) => ({ id, user, body })

describe("findMarked", () => {
  it("finds the bot's comment that carries the marker", () => {
    const ours = comment(2, withMarker(KEY, "Done."))
    assert.deepStrictEqual(findMarked([comment(1, "Hello"), ours], BOT.id, KEY), ours)
  })

  it("believes no marker in a comment of anybody else, whatever the login", () => {
    const forged = comment(1, withMarker(KEY, "Done."), { ...PERSON, login: BOT.login })
    assert.isUndefined(findMarked([forged], BOT.id, KEY))
  })

  it("does not take the marker of another key", () => {
    assert.isUndefined(findMarked([comment(1, withMarker("21/57 report 11", "Done."))], BOT.id, KEY))
  })
})

describe("mapText", () => {
  it("changes the text, and never the marker", () => {
    const change = (text: string) => text.replaceAll("mosaic", "picture").replaceAll("21", "x")
    assert.strictEqual(mapText(withMarker(KEY, "A mosaic of 21"), change), withMarker(KEY, "A picture of x"))
    assert.strictEqual(mapText("mosaic", change), "picture")
    assert.strictEqual(mapText(`${markerOf("21")} above`, change), "<!-- picture x --> above")
  })
})

describe("withMarker", () => {
  it("puts the marker below the text", () => {
    assert.strictEqual(withMarker(KEY, "Done."), `Done.\n\n<!-- mosaic ${KEY} -->\n`)
  })

  it("cuts a text that is too long, says so, and keeps the marker", () => {
    const body = withMarker(KEY, "x".repeat(200_000))
    assert.isBelow(body.length, 61_000)
    assert.include(body, "*(cut: the text was longer)*")
    assert.isTrue(body.endsWith(`${markerOf(KEY)}\n`))
  })

  it("leaves no half character where it cuts", () => {
    assert.isTrue(withMarker(KEY, "\u{1f5a8}".repeat(50_000)).isWellFormed())
    assert.isTrue(withMarker(KEY, `a${"\u{1f5a8}".repeat(50_000)}`).isWellFormed())
  })
})

/** Mentions as people would be told of them: an `@` right before a name. */
const MENTION = /@[\w-]/

describe("escapeMarkdown", () => {
  it("leaves plain Markdown alone", () => {
    const text = "## Plan\n\n1. **Widen** the [gutter](https://example.com) - 5 < 6 & 7 > 6, at noon @ the press\n"
    assert.strictEqual(escapeMarkdown(text), text)
  })

  it.each([
    "@mira look",
    "thanks, @mira-b",
    "(@mira)",
    "**@mira**",
    "mira@example.com",
    "text ``` is no code @mira",
    "``` @mira",
    "a `` @mira",
    "\\`@mira\\`",
    "`a\n@mira`",
    "```\ncode\n```\n@mira",
    "```\ncode\n````\n@mira",
    "`code` @mira `code`",
    "`` ` `` @mira `` ` ``"
  ])("disarms the mention in %j", (text) => {
    assert.notMatch(escapeMarkdown(text), MENTION)
    assert.strictEqual(escapeMarkdown(text).replaceAll("\u200b", ""), text)
  })

  it.each([
    "`@Component`",
    "use `npm i @scope/name` first",
    "```ts\n@Component()\nclass A {}\n```\nEnd.",
    "```\n@never closed",
    "Text\n\n   ```\n@indented\n   ```"
  ])("leaves the code in %j alone", (text) => {
    assert.strictEqual(escapeMarkdown(text), text)
  })

  it.each(["<!-- hidden -->", "`<!-- in code -->`", "```\n<!--\n```", "<!<!----"])("lets %j hide nothing", (text) => {
    assert.notInclude(escapeMarkdown(text), "<!--")
    assert.notInclude(escapeMarkdown(text), "-->")
  })

  const pieces = Arbitrary.map(
    Arbitrary.array(
      Arbitrary.schema(
        Schema.Union([
          Schema.Literals(["<", "!", "-", "--", ">", "<!--", "-->", markerOf(KEY), "`", "```", "\n", "@"]),
          Schema.String
        ])
      )
    ),
    (parts) => parts.join("")
  )

  it.prop("lets no text forge a marker", [pieces, anyText], ([text, other]) => {
    assert.isUndefined(findMarked([comment(1, escapeMarkdown(`${text}${other}`))], BOT.id, KEY))
    assert.isUndefined(findMarked([comment(1, withMarker("other", escapeMarkdown(text)))], BOT.id, KEY))
  })

  it.prop("mentions nobody in a text without backticks", [pieces], ([text]) => {
    assert.notMatch(escapeMarkdown(text.replaceAll("`", "")), MENTION)
  })
})
