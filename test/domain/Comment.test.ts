import { assert, describe, it } from "@effect/vitest"
import { findMarked, mapText, markerOf, textOf, withMarker } from "../../src/domain/Comment.ts"
import { BOT, PERSON } from "../harness/Deliveries.ts"

const KEY = "21/57 report 1"
const comment = (id: number, body: string, user = BOT) => ({ id, user, body })

describe("findMarked", () => {
  it.each([
    ["first", withMarker(KEY, "Done.")],
    ["first, as Gitea trims it", withMarker(KEY, "Done.").trim()],
    ["last, as earlier releases wrote it", `Done.\n\n${markerOf(KEY)}\n`],
    ["last, as Gitea trims it", `Done.\n\n${markerOf(KEY)}`]
  ])("finds the bot's comment whose marker is %s", (_, body) => {
    const ours = comment(2, body)
    assert.deepStrictEqual(findMarked([comment(1, "Hello"), ours], BOT.id, KEY), ours)
  })

  it("believes no marker in a comment of anybody else, whatever the login", () => {
    const forged = comment(1, withMarker(KEY, "Done."), { ...PERSON, login: BOT.login })
    assert.isUndefined(findMarked([forged], BOT.id, KEY))
  })

  it("does not take the marker of another key", () => {
    assert.isUndefined(findMarked([comment(1, withMarker("21/57 report 11", "Done."))], BOT.id, KEY))
  })

  it("believes no marker in the middle of the bot's own text", () => {
    assert.isUndefined(findMarked([comment(1, withMarker("other", `See ${markerOf(KEY)} there`))], BOT.id, KEY))
  })
})

describe("mapText", () => {
  const change = (text: string) => text.replaceAll("mosaic", "picture").replaceAll("21", "x")

  it("changes the text, and never the marker, first or last", () => {
    assert.strictEqual(mapText(withMarker(KEY, "A mosaic of 21"), change), withMarker(KEY, "A picture of x"))
    assert.strictEqual(mapText(`A mosaic of 21\n\n${markerOf(KEY)}\n`, change), `A picture of x\n\n${markerOf(KEY)}\n`)
    assert.strictEqual(mapText("mosaic", change), "picture")
    assert.strictEqual(mapText(`on ${markerOf("21")} above`, change), "on <!-- picture x --> above")
  })
})

describe("textOf", () => {
  it.each([withMarker(KEY, "Done."), `Done.\n\n${markerOf(KEY)}\n`, "Done."])("is what readers see of %j", (body) => {
    assert.strictEqual(textOf(body), "Done.")
  })
})

describe("withMarker", () => {
  it("puts the marker above the text, where nothing in it can swallow it", () => {
    assert.strictEqual(withMarker(KEY, "Done."), `<!-- mosaic ${KEY} -->\n\nDone.\n`)
  })
})
