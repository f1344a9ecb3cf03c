import { assert, describe, layer } from "@effect/vitest"
import { Effect, FileSystem } from "effect"
import { TestClock } from "effect/testing"
import { FullName } from "../../src/domain/Repository.ts"
import { SessionId } from "../../src/domain/Session.ts"
import { KeptAtMost } from "../../src/workspace/Bounds.ts"
import { makeWorkFolders } from "../../src/workspace/WorkFolders.ts"
import { lacking } from "../harness/Lacking.ts"
import { shell, upstream } from "../harness/Shell.ts"
import { ground, REPOSITORY, scene } from "./support.ts"

describe.skipIf(lacking("bwrap"))("Workspaces", () => {
  layer(ground)((it) => {
    it.effect("have a repository of their own: no remote, no link into the clone, nothing that names it", () =>
      Effect.gen(function* () {
        const { clone, open } = yield* scene
        const { site } = yield* open()
        assert.strictEqual(yield* shell(site.tree, "git remote; git config --get-regexp '^remote' || true"), "")
        assert.strictEqual(
          (yield* shell(site.tree, "git branch --show-current; git log --format=%s")).trim(),
          "work\nfirst"
        )
        assert.strictEqual(yield* shell(site.tree, "find .git -type f -links +1"), "")
        assert.strictEqual(yield* shell(site.tree, `grep -rl '${clone}' . || true`), "")
      })
    )

    it.effect("are saved and removed when the scope ends, also where the agent shut its folders", () =>
      Effect.gen(function* () {
        const { open, snapshots } = yield* scene
        const fs = yield* FileSystem.FileSystem
        const site = yield* Effect.scoped(
          Effect.gen(function* () {
            const { site } = yield* open()
            yield* shell(site.tree, "mkdir shut; echo 1 > shut/in; chmod 000 shut")
            return site
          })
        )
        assert.isFalse(yield* fs.exists(site.tree))
        assert.strictEqual((yield* snapshots.newest(site.repositoryId, site))?.ref.n, 1)
      })
    )

    it.effect("are made anew from the newest snapshot, with the changes on top of the same base", () =>
      Effect.gen(function* () {
        const { open, start } = yield* scene
        yield* Effect.scoped(
          Effect.gen(function* () {
            const { site } = yield* open()
            yield* shell(site.tree, "echo 1 > one; rm README.md; git add -A; git commit -qm mine")
          })
        )
        const { site } = yield* open()
        assert.strictEqual(yield* shell(site.tree, "git status --porcelain"), " D README.md\n?? one\n")
        assert.strictEqual((yield* shell(site.tree, "git rev-parse HEAD")).trim(), start)
      })
    )

    it.effect("of a successor begin with the work of the session before it", () =>
      Effect.gen(function* () {
        const { open, session } = yield* scene
        const later = SessionId.make(`${session}-later`)
        yield* Effect.scoped(Effect.flatMap(open(), ({ site }) => shell(site.tree, "echo 1 > one")))
        const { save, site } = yield* open({ session: later, predecessor: session })
        assert.strictEqual(yield* shell(site.tree, "cat one"), "1\n")
        yield* shell(site.tree, "echo 2 > two")
        const saved = yield* save
        assert.deepStrictEqual([saved?.ref.session, saved?.ref.n], [later, 1])
      })
    )

    it.effect("that a crash left behind are saved before they are made anew", () =>
      Effect.gen(function* () {
        const { open, snapshots } = yield* scene
        const fs = yield* FileSystem.FileSystem
        const site = yield* Effect.scoped(Effect.map(open(), (it) => it.site))
        yield* fs.makeDirectory(site.tree, { recursive: true })
        yield* shell(site.tree, "echo half > half; echo 'A shop.' > README.md")
        const again = yield* open()
        assert.strictEqual(yield* shell(again.site.tree, "cat half"), "half\n")
        assert.strictEqual((yield* snapshots.newest(site.repositoryId, site))?.ref.n, 1)
      })
    )

    it.effect("are not what a crash left half made or half removed", () =>
      Effect.gen(function* () {
        const { folder } = yield* scene
        const sessions = `${folder}/work/sessions`
        yield* shell(folder, `cd '${sessions}' && mkdir -p new-a/tree gone-b/tree check-c/tree 0199-d/tree`)
        yield* makeWorkFolders
        const left = yield* (yield* FileSystem.FileSystem).readDirectory(sessions)
        assert.notIncludeMembers(left, ["new-a", "gone-b", "check-c"])
        assert.include(left, "0199-d")
      })
    )

    it.effect("lay a snapshot out in a folder of its own, for as long as it is looked at", () =>
      Effect.gen(function* () {
        const { open, workspaces } = yield* scene
        const fs = yield* FileSystem.FileSystem
        const { save, site } = yield* open()
        yield* shell(site.tree, "echo 1 > one; rm README.md; echo 'one export-ignore' > .gitattributes; ln -s /etc out")
        const saved = yield* save
        const folder = yield* Effect.scoped(
          Effect.gen(function* () {
            const folder = yield* workspaces.layOut(site.repositoryId, saved?.commit ?? "")
            assert.strictEqual(
              yield* shell(folder, "find . -type f | sort; readlink out"),
              "./.gitattributes\n./.gitignore\n./one\n./src/total.js\n/etc\n"
            )
            return folder
          })
        )
        assert.isFalse(yield* fs.exists(folder))
      })
    )
  })

  layer(ground)((it) => {
    it.effect(
      "survive a clone that cannot be read any longer: it is made anew, with the snapshots that can be read",
      () =>
        Effect.gen(function* () {
          const { clone, clones, open, remote, snapshots } = yield* scene
          const site = yield* Effect.scoped(
            Effect.flatMap(open(), ({ site }) => Effect.as(shell(site.tree, "echo 1 > one"), site))
          )
          yield* shell(remote, `git push -q . main:refs/heads/next`)
          yield* shell(clone, "echo 'broken [' > config")
          yield* clones.refresh(REPOSITORY)
          assert.isNotNull(yield* clones.commit(REPOSITORY.id, "refs/heads/next"))
          assert.strictEqual((yield* snapshots.newest(site.repositoryId, site))?.ref.n, 1)
        })
    )

    it.effect("keep their clone from being removed for as long as they are open", () =>
      Effect.gen(function* () {
        const { clone, clones, folder, number, open } = yield* scene
        const fs = yield* FileSystem.FileSystem
        const issues = Array.from({ length: number }, (_, index) => index + 1)
        const other = { id: 8, fullName: FullName.make("acme/other") }
        const remote = yield* upstream(folder, other.fullName, { "README.md": "Another one." })
        const refreshOther = Effect.andThen(
          shell(remote, `rm -rf '${clones.at(other.id)}'`),
          clones.refresh(other)
        ).pipe(Effect.provideService(KeptAtMost, { clones: 1, sessions: 1 }))
        yield* Effect.scoped(
          Effect.gen(function* () {
            yield* open()
            yield* TestClock.adjust("25 hours")
            yield* refreshOther
            assert.isTrue(yield* fs.exists(clone))
          })
        )
        yield* Effect.forEach(issues, (issue) => clones.keep(REPOSITORY, issue))
        yield* TestClock.adjust("25 hours")
        yield* refreshOther
        assert.isFalse(yield* fs.exists(clone))
      })
    )

    it.effect("go on where they were when the clone has gone and their work was kept in Gitea", () =>
      Effect.gen(function* () {
        const { clone, clones, number, open, remote, session, start } = yield* scene
        const saved = yield* Effect.scoped(
          Effect.gen(function* () {
            const { save, site } = yield* open()
            yield* shell(site.tree, "echo 1 > one; rm README.md")
            return yield* save
          })
        )
        yield* clones.keep(REPOSITORY, number)
        yield* shell(remote, `git update-ref refs/heads/main "$(git commit-tree 'main^{tree}' -p main -m later)"`)
        yield* shell(clone, `rm -rf '${clone}'`)
        yield* clones.refresh(REPOSITORY)
        const { begunFrom, site } = yield* open({ start: yield* clones.commit(REPOSITORY.id, "refs/heads/main") })
        assert.deepStrictEqual(begunFrom, saved)
        assert.deepStrictEqual([site.session, site.base], [session, start])
        assert.strictEqual(yield* shell(site.tree, "git status --porcelain"), " D README.md\n?? one\n")
      })
    )
  })
})
