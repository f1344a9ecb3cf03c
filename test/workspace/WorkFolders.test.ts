import { assert, describe, layer } from "@effect/vitest"
import { Effect, FileSystem, Logger, References } from "effect"
import { FullName } from "../../src/domain/Repository.ts"
import { SessionId } from "../../src/domain/Session.ts"
import { KeptAtMost, SavedAtMost } from "../../src/workspace/Bounds.ts"
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
        assert.isFalse(yield* isThere)
        assert.include(yield* saved, "100644 late/20")
      })
    )

    it.effect("stay where they cannot be saved, which is tried once", () =>
      Effect.gen(function* () {
        const lines: Array<unknown> = []
        const { age, another, isThere, site } = yield* left
        yield* shell(site.tree, `echo '{}' > ../site.json`)
        yield* age
        yield* Effect.andThen(another, another).pipe(Effect.provide(told(lines)))
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
  })
})
