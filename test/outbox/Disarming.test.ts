import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import { disarm, plain } from "../../src/outbox/Disarming.ts"

const MARK = "\u200b"

/** Where the mark goes is written as `¦`. */
const marked = (text: string) => text.replaceAll("¦", MARK)

/** What is written by the model, and what of it stays: the same where there is no second text. */
const table: ReadonlyArray<readonly [what: string, text: string, disarmed?: string]> = [
  [
    "plain Markdown",
    "## Plan\n\n1. **Widen** the [gutter](https://example.com) - 5 < 6 & 7 > 6, at noon @ the press #\n"
  ],
  ["a mention", "@mira look", "@¦mira look"],
  [
    "mentions with signs around",
    "thanks, @mira-b (@tom) 'by @eva': @a/b.",
    "thanks, @¦mira-b (@¦tom) 'by @¦eva': @¦a/b."
  ],
  ["a mention in emphasis", "**@mira** _@tom_ ~~@eva~~ ~@ann~", "**@¦mira** _@¦tom_ ~~@¦eva~~ ~@¦ann~"],
  ["an escaped mention", "\\@mira", "\\@¦mira"],
  [
    "mentions by entities",
    "&#64;mira &#x40;tom &commat;eva &#0064;ann",
    "&#64;¦mira &#x40;¦tom &commat;¦eva &#0064;¦ann"
  ],
  ["a mention behind an entity", "&lpar;@mira&rpar;", "&lpar;@¦mira&rpar;"],
  ["a mention in the text of an image", "![@mira](press.png)", "![@¦mira](press.png)"],
  ["a mention behind a link", "[a](b)@mira", "[a](b)@¦mira"],
  ["a mention in a heading and a quote", "# @mira\n\n> @tom", "# @¦mira\n\n> @¦tom"],
  ["mentions in a list of tasks", "- [ ] @mira\n- [x] @tom", "- [ ] @¦mira\n- [x] @¦tom"],
  ["addresses", "mira@example.com git@host:path/x.git example.com/package/@scope/x"],
  [
    "an address with a scheme",
    "https://example.com/package/@scope/x ssh://git@example.com/x <mailto:mira@example.com>"
  ],
  ["a bare address that Gitea reads as text", "www.a(@mira)", "www.a(@¦mira)"],
  ["what is no mention", "a@b c/@d @Component() =@e 5@6 @ mira"],
  ["references to issues and pull requests", "Steps: #1 read, !2 write (#3)", "Steps: #¦1 read, !¦2 write (#¦3)"],
  ["a closing word", "fixes #1, closes: #2", "fixes #¦1, closes: #¦2"],
  ["references elsewhere", "acme/shop#1 acme/shop!2.", "acme/shop#¦1 acme/shop!¦2."],
  ["commits", "acme/shop@deadbee and deadbee1 (1a2b3c4)", "acme/shop@¦deadbee and ¦deadbee1 (¦1a2b3c4)"],
  ["a whole hash of digits", "1".repeat(40), `¦${"1".repeat(40)}`],
  ["numbers and words", "1234567 rows, deadline, a#1 b!2 #x ## !"],
  [
    "a link to an issue",
    "[a](/acme/shop/issues/1) [b](https://h/acme/shop/pulls/2 '@x')",
    "[a](/acme/shop/issues/1/) [b](https://h/acme/shop/pulls/2/ '@x')"
  ],
  [
    "a link into an issue",
    "[a](https://h/acme/shop/issues/1#note-2) <https://h/g/acme/shop/issues/3?a=b>",
    "[a](https://h/acme/shop/issues/1/#note-2) <https://h/g/acme/shop/issues/3/?a=b>"
  ],
  ["a bare link to an issue", "closes https://h/acme/shop/issues/1.", "closes https://h/acme/shop/issues/1/."],
  ["the target of a reference", "[a][r]\n\n[r]: /acme/shop/issues/1", "[a][r]\n\n[r]: /acme/shop/issues/1/"],
  ["an escaped target", "[a](/acme/shop/issues&#47;\\1)", "[a](/acme/shop/issues&#47;\\1)"],
  ["a target with entities", "[a](/acme/shop/issues&#47;1&quest;b)", "[a](/acme/shop/issues&#47;1/&quest;b)"],
  [
    "other links",
    "[@mira #1](/acme/shop/issues/new) https://github.com/a/b/issues/3 [c](https://gitlab.com/a/b/-/issues/4)"
  ],
  ["a title of a link", "[a](b '@mira #1') @tom", "[a](b '@mira #1') @¦tom"],
  ["a hidden comment", "<!-- @mira -->\n\nText", "&lt;!-- @¦mira -->\n\nText"],
  ["a hidden comment in a line", "a <!-- x --> b", "a &lt;!-- x --> b"],
  ["what else is hidden", "<?php @mira ?>\n\n<!X @tom>", "&lt;?php @¦mira ?>\n\n&lt;!X @¦tom>"],
  ["what is shown by being no comment", "<!<!---- x", "<!&lt;!---- x"],
  ["a mention in HTML", '<div title="`@x`">@mira #1</div>', '<div title="`@x`">@¦mira #¦1</div>'],
  ["a mention between tags", 'a <b title="`">@mira</b> `c`', 'a <b title="`">@¦mira</b> `c`'],
  ["an entity that only HTML knows", "<p>&#64mira</p>", "<p>&#64¦mira</p>"],
  ["code in a line", "`@Component` `` ` @x `` use `npm i @scope/name`, `<!-- #1 -->`"],
  ["a fence", "```ts\n@Component()\n// #1 <!-- x -->\n```\nEnd."],
  ["a fence of tildes", "~~~\n@x\n```\n@y\n~~~"],
  ["indented code", "Text\n\n    @indented #1"],
  ["a diagram", "```mermaid\ngraph TD\n  A-->|#1| B[@x]\n```"],
  ["fences in lists and quotes", "- a\n\n  ```\n  @x\n  ```\n\n> ```\n> @y\n> ```"],
  [
    "a mention behind a fence in a list",
    "- a\n  ```\n  @x\n  ```\n  @mira\n\n@tom",
    "- a\n  ```\n  @x\n  ```\n  @¦mira\n\n@¦tom"
  ],
  ["a fence that trailing text does not close", "```\n@x\n``` no\n@y\n```\n@mira", "```\n@x\n``` no\n@y\n```\n@¦mira"],
  ["backticks that make no code", "text ``` is no code @mira", "text ``` is no code @¦mira"],
  ["backticks that are escaped", "\\`@mira\\`", "\\`@¦mira\\`"],
  ["lone backticks in cells", "| ` | @mira |\n|---|---|\n| ` | #1 |", "| ` | @¦mira |\n|---|---|\n| ` | #¦1 |"],
  ["code in a cell", "| `@x` | `a \\| #1` |\n|---|---|"],
  ["a fence left open", "```\nopen @x", "```\nopen @x\n```"],
  ["a fence left open in a quote", "> ```\n> @x"],
  ["a footnote", "a[^1]\n\n[^1]: @mira\n\n    @tom", "a[^1]\n\n[^1]: @¦mira\n\n    @¦tom"],
  ["a definition", "press\n: @mira\n\n      @tom", "press\n: @¦mira\n\n      @¦tom"],
  ["a fence in a definition that ends before its fence", "a\n: b\n  ```\n@mira", "a\n: b\n  ```\n@¦mira\n```"],
  [
    "a fence on the line of a definition",
    "a\n: ```\n@mira",
    "```text\na\n: ```\n@mira\n```".replaceAll("```text", "````text").replace(/```$/, "````")
  ],
  ["line ends of other systems", "```\r\n@x\r\n```\r@mira\r\n", "```\n@x\n```\n@¦mira\n"]
]

describe("disarm", () => {
  it.effect.each(table)("%s", ([, text, disarmed = text]) =>
    Effect.gen(function* () {
      const once = yield* disarm(text)
      assert.strictEqual(once, marked(disarmed))
      assert.strictEqual(yield* disarm(once), once)
    })
  )

  it.effect.each<readonly [string, string]>([
    ["quotes in quotes", `${">".repeat(60)} @mira`],
    ["links without end", "[a](b)".repeat(2_000)],
    ["emphasis without end", "*a_".repeat(3_000)]
  ])("shows %s as code", ([, text]) =>
    Effect.gen(function* () {
      const once = yield* disarm(text)
      assert.strictEqual(once, `\`\`\`text\n${text}\n\`\`\``)
      assert.strictEqual(yield* disarm(once), once)
    })
  )

  const signs = Schema.Literals([
    "@mira",
    "@",
    "#1",
    "!2",
    "#",
    "acme/shop",
    "deadbee1",
    "&#64;",
    "\\",
    "<!--",
    "-->",
    "<b>",
    "</b>",
    "<div a='",
    "'>",
    "`",
    "```",
    "~~~",
    "\n",
    "\n\n",
    "    ",
    "- ",
    "> ",
    "| ",
    "|-|",
    "[",
    "](",
    ")",
    "[^1]: ",
    ": ",
    "*",
    "_",
    " ",
    "(",
    "'",
    "http://h/",
    "www.a.b",
    "/acme/shop/issues/3",
    "word",
    "é",
    "\u{1f5a8}"
  ])
  const texts = Arbitrary.map(Arbitrary.array(Arbitrary.schema(signs), { maxLength: 40 }), (parts) => parts.join(""))

  /** What is left when everything is taken away that `disarm` may add, wherever it stands. */
  const bare = (text: string) =>
    text
      .replace(/^`{3,}text\n/, "")
      .replaceAll("&lt;!", "<!")
      .replaceAll(/[\u200b\n/]/g, "")
      .replace(/[`~]+$/, "")

  it.effect("takes a text for tangled that only the end of its fence makes so", () =>
    Effect.gen(function* () {
      const once = yield* disarm("~~~\n\n: ")
      assert.strictEqual(once, "```text\n~~~\n\n: \n```")
      assert.strictEqual(yield* disarm(once), once)
    })
  )

  it.effect.prop("changes nothing but what it adds, and nothing twice", [texts], ([text]) =>
    Effect.gen(function* () {
      const once = yield* disarm(text)
      assert.strictEqual(yield* disarm(once), once)
      assert.strictEqual(bare(once), bare(text))
    })
  )

  it.effect.prop(
    "leaves whole code as it is, whatever is in it",
    [texts, Arbitrary.schema(Schema.Literals(["```ts", "~~~~", "`````"]))],
    ([text, fence]) =>
      Effect.gen(function* () {
        const end = fence.replace(/\w/g, "")
        const code = `${fence}\n${text.replaceAll(/`{3}|~{3}|: |\[\^/g, "x")}\n${end}`
        assert.strictEqual(yield* disarm(code), code)
      })
  )
})

describe("plain", () => {
  it.each([
    ["acme/shop is not in GITEA_REPOSITORIES", "acme/shop is not in GITEA_REPOSITORIES"],
    ["@mira closed #1 <!-- x", "@¦mira closed #¦1 &lt;!-- x"]
  ])("%s", (text, shown) => {
    assert.strictEqual(plain(text), marked(shown))
  })
})
