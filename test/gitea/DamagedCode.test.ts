import { assert, describe, it } from "@effect/vitest"
import { Effect, Record } from "effect"
import { FullName } from "../../src/domain/Repository.ts"
import { Gitea } from "../../src/gitea/Gitea.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { Client } from "../sandbox/gitea/support.ts"
import { answeredWith, LEFT_OUT, NEEDED, leadsToWhatIsSaid } from "./outcomes.ts"
import type { Call, Row, Tables } from "./outcomes.ts"
import { adapter } from "./support.ts"

const SHOP = FullName.make("acme/shop")
const REPOSITORY = `/repos/${SHOP}`
const FILES = { "README.md": "# Shop\n" }
const HEAD = "mosaic/1"
const NEXT = "mosaic/2"

const PULL = [
  "number",
  "title",
  "body",
  "state",
  "merged",
  "html_url",
  "user",
  "user.id",
  ...["head", "base"].flatMap((side) => [side, `${side}.ref`, `${side}.sha`, `${side}.repo_id`])
]
const allOf = (fields: ReadonlyArray<string>, row: Row) => Object.fromEntries(fields.map((field) => [field, row]))

const tables: Tables = {
  "read access": allOf(
    ["default_branch", "empty", "archived", "has_pull_requests", "size", "permissions", "permissions.push"],
    NEEDED
  ),
  "read branch": allOf(["name", "commit", "commit.id", "protected", "user_can_push"], NEEDED),
  "read permission": allOf(["0", "0.id", "0.login", "1"], LEFT_OUT),
  "list pull requests": allOf(["0", ...PULL.map((field) => `0.${field}`)], LEFT_OUT),
  "read pull request": allOf(PULL, NEEDED),
  "create pull request": allOf(PULL, NEEDED),
  // Nothing is read of their answers.
  "edit pull request": {},
  "set status": {}
}

const DRAFT = { title: "Round once", body: "Fixes #1", base: "main" }
const STATUS = { state: "success", context: "mosaic/checks", description: "no checks" } as const

/** `commit`: one that there is. */
const callsWith = (commit: string): Readonly<Record<string, Call>> => ({
  "read access": { method: "GET", path: REPOSITORY, run: ({ access }) => access(SHOP) },
  "read branch": { method: "GET", path: `${REPOSITORY}/branches/main`, run: ({ branch }) => branch(SHOP, "main") },
  // Of somebody who is not there, so that nothing follows.
  "read permission": { method: "GET", path: `${REPOSITORY}/assignees`, run: ({ writer }) => writer(SHOP, 999) },
  "list pull requests": { method: "GET", path: `${REPOSITORY}/pulls`, run: ({ openPulls }) => openPulls(SHOP) },
  "read pull request": { method: "GET", path: `${REPOSITORY}/pulls/1`, run: ({ pull }) => pull(SHOP, 1) },
  "create pull request": {
    method: "POST",
    path: `${REPOSITORY}/pulls`,
    body: { ...DRAFT, head: NEXT },
    run: ({ createPull }) => createPull(SHOP, { ...DRAFT, head: NEXT })
  },
  "edit pull request": {
    method: "PATCH",
    path: `${REPOSITORY}/pulls/1`,
    body: { body: "Fixes #2" },
    run: ({ editPull }) => editPull(SHOP, 1, DRAFT)
  },
  "set status": {
    method: "POST",
    path: `${REPOSITORY}/statuses/${commit}`,
    body: STATUS,
    run: ({ setStatus }) => setStatus(SHOP, commit, STATUS)
  }
})

const prepared = Effect.gen(function* () {
  const { commit, createRepository } = yield* SandboxGitea
  yield* createRepository(SHOP)
  const id = yield* commit(SHOP, FILES)
  yield* commit(SHOP, { ...FILES, "one.md": "1\n" }, HEAD)
  yield* commit(SHOP, { ...FILES, "two.md": "2\n" }, NEXT)
  const { createPull } = yield* Gitea
  yield* createPull(SHOP, { ...DRAFT, head: HEAD })
  return callsWith(id)
})

describe("Damage to what Gitea answers about code", () => {
  it.effect.each(Object.keys(tables))("is no outage, and leads to what the table says: %s", (name) =>
    Effect.gen(function* () {
      const it = (yield* prepared)[name]
      assert.isDefined(it)
      yield* leadsToWhatIsSaid(name, it, tables)
    }).pipe(Effect.provide([adapter(), Client]))
  )

  it.effect("is an outage only where the answer is of another outer shape", () =>
    Effect.gen(function* () {
      const calls = yield* prepared
      assert.sameMembers(Object.keys(calls), Object.keys(tables))
      const shapes = { "{}": "one", "[]": "many", null: "many", '"text"': "none", "<html>": "none", "": "none" }
      for (const [name, it] of Record.toEntries(calls)) {
        if (name === "edit pull request" || name === "set status") continue
        for (const [text, shape] of Record.toEntries(shapes)) {
          const { health } = yield* answeredWith(it, text)
          const isList = name === "list pull requests" || name === "read permission"
          assert.strictEqual(health === null, shape === (isList ? "many" : "one"), `${name} answered with ${text}`)
        }
      }
    }).pipe(Effect.provide([adapter(), Client]))
  )
})
