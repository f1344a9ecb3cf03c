import { assert, describe, layer } from "@effect/vitest"
import { Deferred, Effect, Exit, FileSystem, Logger, References } from "effect"
import { TestClock } from "effect/testing"
import { FullName } from "../../src/domain/Repository.ts"
import { SessionId } from "../../src/domain/Session.ts"
import { KeptAtMost, SavedAtMost } from "../../src/workspace/Bounds.ts"
import { makeWorkFolders } from "../../src/workspace/WorkFolders.ts"
import { eventually } from "../harness/Eventually.ts"
import { lacking } from "../harness/Lacking.ts"
import { shell, upstream } from "../harness/Shell.ts"
import { ground, REPOSITORY, scene } from "./support.ts"

/** The folder of a session that has ended, as a crash leaves it, with files in it that were never saved. */
const left = Effect.gen(function* () {
  const it = yield* scene
  const fs = yield* FileSystem.FileSystem
  const sessions = `${it.folder}/work/sessions`
  const site = yield* Effect.scoped(
    Effect.flatMap(it.open(), ({ site }) => Effect.as(shell(sessions, `cp -a ${site.session} ../aside`), site))
  )
  yield* shell(
    sessions,
    `mv ../aside ${site.session}; cd ${site.session}/tree; mkdir late; seq 1 20 | sed s,^,late/, | xargs touch`
  )
  return {
    ...it,
    site,
    isThere: fs.exists(site.tree),
    age: shell(sessions, `touch -d '@-90000' ${site.session}`),
    saved: Effect.flatMap(it.snapshots.newest(site.repositoryId, site), (newest) =>
      newest === null ? Effect.succeed([]) : it.files(newest.commit)
    ),
    /** Another session begins and ends. */
    another: Effect.scoped(it.open({ session: SessionId.make(`${it.session}-other`) }))
  }
})

const WITHOUT_ROOM = { clones: 1, sessions: 0 }

/** What was logged at warning, with whom it is about. */
const told = (lines: Array<unknown>) =>
  Logger.layer([
    Logger.make(({ fiber, logLevel, message }) => {
      const { issue, repository, session, why } = fiber.getRef(References.CurrentLogAnnotations)
      if (logLevel === "Warn") lines.push([String([message].flat()[0]), repository, issue, session, why])
    })
  ])

describe.skipIf(lacking("bwrap"))("Folders of sessions that are not at work", () => {
  layer(ground)((it) => {
    it.effect("are saved before they are removed to make room", () =>
      Effect.gen(function* () {
        const { another, isThere, saved } = yield* left
        yield* another
        assert.deepStrictEqual([yield* isThere, yield* saved], [true, []])
        yield* Effect.provideService(another, KeptAtMost, WITHOUT_ROOM)
        assert.isFalse(yield* isThere)
        assert.include(yield* saved, "100644 late/20")
      })
    )

    it.effect("are removed all the same where they cannot be saved, and it is told whose work it was", () =>
      Effect.gen(function* () {
        const lines: Array<unknown> = []
        const { another, isThere, number, saved, site } = yield* left
        yield* another.pipe(
          Effect.provideService(KeptAtMost, WITHOUT_ROOM),
          Effect.provideService(SavedAtMost, { files: 10, mebibytes: 1 }),
          Effect.provide(told(lines))
        )
        assert.deepStrictEqual([yield* isThere, yield* saved], [false, []])
        const why = `The workspace of acme/shop#${number}: it has more than 10 files: have build results ignored by .gitignore`
        assert.deepStrictEqual(lines, [
          ["Work removed that could not be saved", "acme/shop", number, site.session, why]
        ])
      })
    )

    it.effect(
      "stay without room for them, too, where they may be saved later, which is tried again after an hour",
      () =>
        Effect.gen(function* () {
          const lines: Array<unknown> = []
          const { another, clone, isThere, number, saved, site } = yield* left
          const lock = `refs/mosaic/${number}/${site.session}/1.lock`
          yield* shell(clone, `mkdir -p "$(dirname ${lock})"; touch ${lock}`)
          const without = another.pipe(Effect.provideService(KeptAtMost, WITHOUT_ROOM), Effect.provide(told(lines)))
          yield* without
          yield* shell(clone, `rm ${lock}`)
          yield* without
          assert.isTrue(yield* isThere)
          assert.deepStrictEqual(
            lines.map((line) => (Array.isArray(line) ? line.slice(0, 4) : line)),
            [["Work could not be saved, its folder is kept", "acme/shop", number, site.session]]
          )
          yield* TestClock.adjust("61 minutes")
          yield* without
          assert.isFalse(yield* isThere)
          assert.include(yield* saved, "100644 late/20")
        })
    )

    it.effect("hold no session up while they are saved without need, but the one whose folder it is", () =>
      Effect.gen(function* () {
        const { age, another, site } = yield* left
        yield* age
        const [begun, done] = [Deferred.makeUnsafe<void>(), Deferred.makeUnsafe<void>()]
        const folder = site.tree.replace(/\/tree$/, "")
        const folders = yield* makeWorkFolders
        yield* folders.makeRoom((path) =>
          path === folder
            ? Deferred.succeed(begun, undefined).pipe(Effect.andThen(Deferred.await(done)), Effect.as(null))
            : Effect.succeed({ about: {}, isLasting: false })
        )
        yield* Deferred.await(begun)
        const entering = yield* Effect.forkChild(folders.enter(folder), { startImmediately: true })
        yield* folders.enter(`${folder}-other`)
        assert.isUndefined(entering.pollUnsafe())
        yield* Deferred.succeed(done, undefined)
        yield* eventually(
          "it is free",
          Effect.sync(() => entering.pollUnsafe()),
          (exit) => exit !== undefined
        )
        assert.isTrue(Exit.isSuccess(entering.pollUnsafe() ?? Exit.interrupt()))
        yield* another
      })
    )

    it.effect("are saved and removed once nobody came back for a day, whosever session begins then", () =>
      Effect.gen(function* () {
        const { age, clone, clones, folder, isThere, number, saved, session, workspaces } = yield* left
        yield* clones.keep(REPOSITORY, number)
        yield* age
        yield* shell(clone, `rm -rf '${clone}'`)
        const other = { id: 8, fullName: FullName.make("acme/other") }
        const remote = yield* upstream(folder, other.fullName, { "README.md": "Another one." })
        const start = (yield* shell(remote, "git rev-parse main")).trim()
        yield* clones.refresh(other)
        const theirs = { repository: other, number: 1, session: SessionId.make(`${session}-theirs`), predecessor: null }
        yield* Effect.scoped(workspaces.open({ ...theirs, start }))
        yield* eventually("its folder has gone", isThere, (is) => !is)
        assert.include(yield* saved, "100644 late/20")
      })
    )

    it.effect("stay where they cannot be saved, which is tried once", () =>
      Effect.gen(function* () {
        const lines: Array<unknown> = []
        const { age, another, isThere, site } = yield* left
        yield* shell(site.tree, `echo '{}' > ../site.json`)
        yield* age
        const twice = Effect.andThen(another, another)
        yield* Effect.provide(
          Effect.andThen(
            twice,
            eventually(
              "it is told",
              Effect.sync(() => lines.length),
              (n) => n > 0
            )
          ),
          told(lines)
        )
        assert.isTrue(yield* isThere)
        assert.deepStrictEqual(lines, [
          [
            "Work could not be saved, its folder is kept",
            "unknown",
            "unknown",
            site.tree.replace(/\/tree$/, ""),
            "it is not known whose folder it is"
          ]
        ])
      })
    )

    it.effect("are set aside where git refuses them, as the work of nobody else, when their session goes on", () =>
      Effect.gen(function* () {
        const lines: Array<unknown> = []
        const { another, files, folder, number, open, session, site, snapshots } = yield* left
        const fs = yield* FileSystem.FileSystem
        const sessions = `${folder}/work/sessions`
        yield* shell(site.tree, `printf '[submodule "x"]\\n\\tpath = x\\n\\turl = -u./trap\\n' > .gitmodules`)
        yield* Effect.scoped(
          Effect.flatMap(Effect.provide(open(), told(lines)), ({ site }) =>
            shell(site.tree, "rm -f late; echo on > on")
          )
        )
        const [kept = ""] = (yield* fs.readDirectory(sessions)).filter((name) => name.startsWith(`kept-${session}-`))
        assert.deepStrictEqual(
          lines.map((line) => (Array.isArray(line) ? line.slice(0, 4) : line)),
          [["Work could not be saved, its folder is kept", "acme/shop", number, session]]
        )
        assert.isTrue(yield* fs.exists(`${sessions}/${kept}/tree/late/20`))
        yield* shell(sessions, `rm ${kept}/tree/.gitmodules; touch -d '@-90000' ${kept}`)
        yield* another
        const saved = yield* eventually(
          "it is saved as its own",
          snapshots.newest(site.repositoryId, { number, session: SessionId.make(kept) }),
          (newest) => newest !== null
        )
        assert.include(yield* files(saved?.commit ?? ""), "100644 late/20")
        const own = yield* snapshots.newest(site.repositoryId, site)
        assert.include(yield* files(own?.commit ?? ""), "100644 on")
      })
    )

    it.effect("fail the session that goes on where they may be saved later, and are saved then", () =>
      Effect.gen(function* () {
        const { clone, isThere, number, open, saved, site } = yield* left
        const lock = `refs/mosaic/${number}/${site.session}/1.lock`
        yield* shell(clone, `mkdir -p "$(dirname ${lock})"; touch ${lock}`)
        assert.strictEqual((yield* Effect.flip(Effect.scoped(open())))._tag, "GitError")
        assert.isTrue(yield* isThere)
        yield* shell(clone, `rm ${lock}`)
        yield* Effect.scoped(open())
        assert.include(yield* saved, "100644 late/20")
      })
    )
  })
})
