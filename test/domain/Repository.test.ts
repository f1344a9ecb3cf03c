import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { FullName, isAllowed, Repository } from "../../src/domain/Repository.ts"

const isFullName = Schema.is(FullName)

const part = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Literals([".", "..", "-", "_", "a", "Z9"])), { minLength: 1, maxLength: 8 }),
  (pieces) => pieces.join("")
)
const names = Arbitrary.filter(
  Arbitrary.map(Arbitrary.all([part, part]), ([owner, name]) => `${owner}/${name}`),
  isFullName
)

describe("FullName", () => {
  it.each([
    "inkwell/letterpress",
    "a/b",
    "A-1/b.c_d",
    ".github/.profile",
    "..a/b..",
    "x".repeat(100) + "/" + "y".repeat(100)
  ])("may be %s", (name) => {
    assert.isTrue(isFullName(name))
  })

  it.each([
    "",
    "inkwell",
    "/letterpress",
    "inkwell/",
    "a/b/c",
    "../x",
    "./x",
    "x/..",
    "x/.",
    "../..",
    "a b/c",
    "a/b?c",
    "a/b#c",
    "a/b%2f",
    "a\\b/c",
    "é/b",
    "a/b\n",
    "x".repeat(101) + "/y"
  ])("may not be %j", (name) => {
    assert.isFalse(isFullName(name))
  })

  it.prop("stays where it is put in a path", [names], ([name]) => {
    const { pathname } = new URL(`/api/v1/repos/${name}/issues`, "https://git.example.com")
    assert.strictEqual(pathname, `/api/v1/repos/${name}/issues`)
  })
})

describe("Repository", () => {
  it("is read by Gitea's names", () => {
    assert.deepStrictEqual(
      Schema.decodeUnknownSync(Repository)({ id: 21, full_name: "inkwell/letterpress", fork: false }),
      {
        id: 21,
        fullName: FullName.make("inkwell/letterpress")
      }
    )
  })
})

describe("isAllowed", () => {
  it.each([
    { globs: [], allowed: true },
    { globs: ["inkwell/letterpress"], allowed: true },
    { globs: ["Inkwell/LetterPress"], allowed: true },
    { globs: ["inkwell/*"], allowed: true },
    { globs: ["*/*"], allowed: true },
    { globs: ["*/letter*"], allowed: true },
    { globs: ["inkwell/letterpres?"], allowed: true },
    { globs: ["acme/*", "inkwell/*press"], allowed: true },
    { globs: ["acme/*"], allowed: false },
    { globs: ["inkwell/letter"], allowed: false },
    { globs: ["inkwell/letterpress?"], allowed: false },
    { globs: ["*"], allowed: false },
    { globs: ["nkwell/letterpress"], allowed: false },
    { globs: ["inkwell.letterpress"], allowed: false }
  ])("answers $allowed for $globs", ({ globs, allowed }) => {
    assert.strictEqual(isAllowed(globs, "inkwell/letterpress"), allowed)
  })

  it("takes dots and the like as they are", () => {
    assert.isFalse(isAllowed(["a.b/c+d"], "axb/ccd"))
    assert.isTrue(isAllowed(["a.b/c+d"], "a.b/c+d"))
  })

  it("does not let a star reach over the slash", () => {
    assert.isFalse(isAllowed(["ink*press"], "inkwell/letterpress"))
  })
})
