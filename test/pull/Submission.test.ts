import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { FullName } from "../../src/domain/Repository.ts"
import { Preflight } from "../../src/pull/Preflight.ts"
import { shell } from "../harness/Shell.ts"
import { Live, NAME, scene } from "./scene.ts"

describe("Preflight", () => {
  it.live("goes with the base branch and a branch of its own", () =>
    Effect.gen(function* () {
      const { first, ground } = yield* scene
      const { base, branch } = yield* ground
      assert.deepStrictEqual(base, { name: "main", commit: first })
      assert.deepStrictEqual(branch, { name: "mosaic/1", start: first, lease: null })
    }).pipe(Effect.provide(Live))
  )

  it.live("says in a sentence what a person has to do first", () =>
    Effect.gen(function* () {
      const { gitea, issue, why } = yield* scene
      yield* gitea.turnPulls(NAME, false)
      assert.strictEqual(yield* why, "acme/shop has no pull requests: turn them on in its settings")
      yield* gitea.turnPulls(NAME, true)
      yield* gitea.withdraw(NAME)
      assert.isNull(yield* why, "a pull request is pushed without a branch")
      yield* gitea.grant(NAME)
      yield* gitea.protect(NAME, "mosaic/1")
      assert.isNull(yield* why, "a dry run does not reach the hook")
      yield* gitea.archive(NAME)
      assert.strictEqual(yield* why, "acme/shop is archived: unarchive it first")
      yield* gitea.unarchive(NAME)
      yield* gitea.unassign(issue, gitea.bot.login)
      yield* gitea.assign(issue, gitea.bot.login, "stranger")
      assert.strictEqual(
        yield* why,
        "whoever assigned the bot may not write to acme/shop: somebody who may has to assign it"
      )
      yield* gitea.assign(issue, gitea.bot.login, "ada")
    }).pipe(Effect.provide(Live))
  )

  it.live("stops where the default branch is gone, and where our own is protected", () =>
    Effect.gen(function* () {
      const { first, gitea, ground, hand, saved, why } = yield* scene
      yield* hand(yield* ground, yield* saved(first, "fast"))
      yield* gitea.protect(NAME, "mosaic/1")
      assert.strictEqual(
        yield* why,
        "the bot may not push to mosaic/1 of acme/shop: let it, in the protection of branches"
      )
      yield* shell(yield* gitea.folder(NAME), "git branch -m main trunk")
      assert.strictEqual(yield* why, "acme/shop has no branch main, which is its default: push it")
    }).pipe(Effect.provide(Live))
  )

  it.live("stops at an empty repository", () =>
    Effect.gen(function* () {
      const { gitea, work } = yield* scene
      const empty = yield* gitea.createRepository("acme/new")
      const verdict = yield* (yield* Preflight).look({
        ...work,
        repositoryId: empty.id,
        fullName: FullName.make("acme/new")
      })
      assert.deepStrictEqual(verdict, { _tag: "Stop", why: "acme/new is empty: push a first commit" })
    }).pipe(Effect.provide(Live))
  )
})

describe("Submission", () => {
  it.live("makes one branch and one pull request, however often it is done", () =>
    Effect.gen(function* () {
      const { first, gitea, ground, hand, saved } = yield* scene
      const on = yield* ground
      const checked = yield* saved(first, "fast")
      const pull = yield* hand(on, checked)
      assert.deepStrictEqual(yield* hand(on, checked), pull)
      assert.deepStrictEqual(yield* hand(yield* ground, checked, first), pull)
      const [only, ...others] = yield* gitea.pulls(NAME)
      assert.lengthOf(others, 0)
      assert.deepStrictEqual([only?.head, only?.base, only?.title], ["mosaic/1", "main", "Slow (#1)"])
      assert.match(only?.body ?? "", /Fixes #1$/)
      const log = yield* shell(
        yield* gitea.folder(NAME),
        "git log --format='%an %s' mosaic/1; git rev-parse mosaic/1^{tree}"
      )
      assert.match(log, /^mosaic Slow \(#1\)\n/)
      const statuses = yield* gitea.statuses(NAME)
      assert.deepStrictEqual(
        [...new Set(statuses.map(({ sha, state }) => `${sha} ${state}`))],
        [`${pull?.head.sha} success`]
      )
    }).pipe(Effect.provide(Live))
  )

  it.live("goes on after a crash between the push and the pull request", () =>
    Effect.gen(function* () {
      const { first, gitea, ground, hand, saved } = yield* scene
      const on = yield* ground
      const checked = yield* saved(first, "fast")
      yield* gitea.fail({ match: /POST .*\/pulls$/, kind: "status", status: 403 })
      const error = yield* Effect.flip(hand(on, checked))
      assert.strictEqual(error._tag, "GiteaError")
      assert.lengthOf(yield* gitea.pulls(NAME), 0)
      const pull = yield* hand(yield* ground, checked, first)
      assert.strictEqual(pull?.head.ref, "mosaic/1")
      assert.lengthOf(yield* gitea.pulls(NAME), 1)
    }).pipe(Effect.provide(Live))
  )

  it.live("finds the pull request whose answer was lost", () =>
    Effect.gen(function* () {
      const { first, gitea, ground, hand, saved } = yield* scene
      const on = yield* ground
      const checked = yield* saved(first, "fast")
      yield* gitea.fail({ match: /POST .*\/pulls$/, kind: "doneThenStatus", status: 500 })
      yield* Effect.flip(hand(on, checked))
      assert.lengthOf(yield* gitea.pulls(NAME), 1)
      yield* hand(yield* ground, checked, first)
      assert.lengthOf(yield* gitea.pulls(NAME), 1)
    }).pipe(Effect.provide(Live))
  )

  it.live("never overwrites what a person pushed, and begins from it the next time", () =>
    Effect.gen(function* () {
      const { first, gitea, ground, hand, saved } = yield* scene
      const on = yield* ground
      yield* hand(on, yield* saved(first, "fast"))
      const folder = yield* gitea.folder(NAME)
      const theirs = (yield* shell(
        folder,
        "git update-ref refs/heads/mosaic/1 $(git commit-tree mosaic/1^{tree} -p mosaic/1 -m theirs); git rev-parse mosaic/1"
      )).trim()
      const late = yield* Effect.flip(hand(on, yield* saved(first, "faster"), first))
      assert.propertyVal(late, "reason", "moved")
      const next = yield* ground
      const stale = yield* Effect.flip(hand(next, yield* saved(first, "faster"), first))
      assert.propertyVal(stale, "reason", "moved")
      assert.deepStrictEqual(next.branch, { name: "mosaic/1", start: theirs, lease: theirs })
      yield* hand(next, yield* saved(theirs, "faster"))
      assert.include(yield* shell(folder, "git log --format=%s mosaic/1"), "theirs")
      assert.lengthOf(yield* gitea.pulls(NAME), 1)
    }).pipe(Effect.provide(Live))
  )

  it.live("keeps the work of a session in Gitea with all that it needs to go on, and notes that it is there", () =>
    Effect.gen(function* () {
      const { clones, first, gitea, ground, saved } = yield* scene
      const on = yield* ground
      const keep = clones.keep(on.repository, on.number)
      const clone = clones.at(on.repository.id)
      const names = (folder: string, under: string) =>
        shell(folder, `git for-each-ref --format='%(refname) %(objectname)' refs/${under}`)
      const work = yield* saved(first, "fast")
      yield* shell(
        clone,
        `for name in base checked joined; do git update-ref refs/mosaic/1/s/$name ${first}; done
         git update-ref refs/mosaic/1/s/1 ${first}; git update-ref refs/mosaic/1/s/2 ${work}
         git update-ref refs/mosaic/2/t/1 ${work}`
      )
      yield* keep
      const folder = yield* gitea.folder(NAME)
      const kept = [`2 ${work}`, ...["base", "checked", "joined"].map((name) => `${name} ${first}`)]
      const lines = (under: string) => kept.map((line) => `refs/${under}/1/s/${line}\n`).join("")
      assert.strictEqual(yield* names(folder, "mosaic"), lines("mosaic"))
      assert.strictEqual(yield* names(clone, "kept"), lines("kept"))
      const pushes = Effect.map(
        gitea.requests,
        (all) => all.filter(({ path }) => path.endsWith("/git-receive-pack")).length
      )
      const before = yield* pushes
      yield* keep
      assert.strictEqual(yield* pushes, before, "nothing has moved")
      const other = yield* saved(first, "faster")
      yield* shell(clone, `git update-ref refs/mosaic/1/s/checked ${other}; git update-ref refs/mosaic/1/s/3 ${other}`)
      yield* keep
      assert.include(yield* names(folder, "mosaic"), `refs/mosaic/1/s/checked ${other}\n`)
      assert.notInclude(yield* names(clone, "kept"), "refs/kept/1/s/2 ")
    }).pipe(Effect.provide(Live))
  )

  it.live("takes another branch when the pull request was closed, and makes none without a change", () =>
    Effect.gen(function* () {
      const { first, gitea, ground, hand, saved } = yield* scene
      assert.isNull(yield* hand(yield* ground, first))
      const pull = yield* hand(yield* ground, yield* saved(first, "fast"))
      yield* gitea.closePull(NAME, pull?.number ?? 0)
      assert.strictEqual((yield* ground).branch.name, "mosaic/1-2")
    }).pipe(Effect.provide(Live))
  )
})
