import { NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, Layer, Logger, Redacted } from "effect"
import { FullName } from "../../src/domain/Repository.ts"
import { Git } from "../../src/git/Git.ts"
import { BotIdentity } from "../../src/gitea/BotIdentity.ts"
import { Gitea } from "../../src/gitea/Gitea.ts"
import { Preflight } from "../../src/pull/Preflight.ts"
import type { Ground } from "../../src/pull/Ground.ts"
import type { PullFacts } from "../../src/pull/PullText.ts"
import { Submission } from "../../src/pull/Submission.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { ControlClones } from "../../src/workspace/ControlClones.ts"
import { shell } from "../harness/Shell.ts"
import { settings } from "../harness/TestSettings.ts"

export const NAME = FullName.make("acme/shop")

const SettingsLayer = Layer.unwrap(
  Effect.gen(function* () {
    const gitea = yield* SandboxGitea
    const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "mosaic-pull-" })
    return settings({
      workDir: folder,
      giteaUrl: gitea.url,
      giteaToken: Redacted.make(gitea.bot.token),
      botLogin: gitea.bot.login
    })
  })
)

/** What asks whether work may begin and what hands it in, real, with real git, on the stand-in Gitea. */
export const Live = Layer.mergeAll(Preflight.layer, Submission.layer).pipe(
  Layer.provideMerge(ControlClones.layer),
  Layer.provideMerge(Layer.mergeAll(Git.layer, BotIdentity.layer)),
  Layer.provideMerge(Gitea.layer),
  Layer.provide(Logger.layer([])),
  Layer.provideMerge(SettingsLayer),
  Layer.provideMerge(Layer.mergeAll(SandboxGitea.layer, NodeServices.layer))
)

/** A repository with one commit, an issue of the bot's in it, and what a session did for it. */
export const scene = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  const { id } = yield* gitea.createRepository(NAME)
  const first = yield* gitea.commit(NAME, { "README.md": "A shop." })
  const issue = yield* gitea.openIssue({ repository: NAME, title: "Slow", body: "" })
  yield* gitea.assign(issue, gitea.bot.login)
  const clones = yield* ControlClones
  const { look } = yield* Preflight
  const { submit } = yield* Submission
  const work = { number: issue.number, repositoryId: id, fullName: NAME, generation: 1 }

  const ground = Effect.gen(function* () {
    const verdict = yield* look(work)
    return verdict._tag === "Go" ? verdict.ground : yield* Effect.die(verdict.why)
  })
  const why = Effect.map(look(work), (verdict) => (verdict._tag === "Stop" ? verdict.why : null))

  /** A saved commit on top of another one. */
  const saved = (base: string, file: string) =>
    Effect.map(
      shell(
        clones.at(id),
        `export GIT_INDEX_FILE="$PWD/x.index"; git read-tree ${base}; blob=$(echo ${file} | git hash-object -w --stdin)
         git update-index --add --cacheinfo 100644,$blob,${file}; git commit-tree $(git write-tree) -p ${base} -m saved`
      ),
      (text) => text.trim()
    )

  const hand = (on: Ground, checked: string, base = on.branch.start, more: Partial<PullFacts> = {}) =>
    submit({
      ground: on,
      footing: { base, joined: null },
      checked,
      at: 1_000_000,
      botLogin: gitea.bot.login,
      summary: "Faster.",
      facts: {
        number: issue.number,
        title: "Slow",
        checks: [],
        guessed: false,
        touchedChecks: [],
        closed: null,
        hasBranch: true,
        sessions: 1,
        turns: 3,
        tokens: 10,
        snapshot: "refs/mosaic/1/s/1",
        ...more
      }
    })
  return { gitea, issue, first, ground, why, saved, hand, clones, work }
})
