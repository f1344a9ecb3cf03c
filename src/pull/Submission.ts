import { Context, Effect, Layer, Predicate } from "effect"
import { GitError } from "../git/GitError.ts"
import { Git } from "../git/Git.ts"
import { Gitea } from "../gitea/Gitea.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import type { PullRequest } from "../gitea/PullRequest.ts"
import { disarm } from "../outbox/Disarming.ts"
import type { Disarmed } from "../outbox/Disarming.ts"
import { Settings } from "../Settings.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import { pushedName } from "../workspace/SnapshotRef.ts"
import { makeGrounds } from "./Ground.ts"
import type { Ground } from "./Ground.ts"
import { parentsOf } from "./Integration.ts"
import type { Footing } from "./Integration.ts"
import { bodyOf, closingLine, messageOf, titleOf } from "./PullText.ts"
import type { PullFacts } from "./PullText.ts"

const CONTEXT = "mosaic/checks"
const CONFLICT = 409
const SUMMARY_LENGTH = 20_000

/** What is handed in. */
export interface Handed {
  readonly ground: Ground
  /** What the commit is made on. */
  readonly footing: Footing
  /** The saved commit whose tree passed the checks. */
  readonly checked: string
  /** Milliseconds: the same for each try, so that the commit is. */
  readonly at: number
  readonly botLogin: string
  readonly facts: PullFacts
  /** The agent's answer, in Markdown. */
  readonly summary: string
}

/** From a saved tree to one pull request. Each step can be done again: a crash between two is repaired by the next try. */
export class Submission extends Context.Service<
  Submission,
  {
    /** The one open pull request of the task; null: the tree is that of the base, and there is nothing to hand in. */
    submit(handed: Handed): Effect.Effect<PullRequest | null, GitError | GiteaError>
    /** Keeps a snapshot in Gitea, too. */
    keep(ground: Ground, snapshot: string): Effect.Effect<void, GitError>
  }
>()("mosaic-coordinator/pull/Submission") {
  static readonly layer = Layer.effect(
    Submission,
    Effect.gen(function* () {
      const { giteaUrl } = yield* Settings
      const clones = yield* ControlClones
      const git = yield* Git
      const gitea = yield* Gitea
      const grounds = yield* makeGrounds

      const treeOf = (gitDir: string, commit: string) =>
        git.text({ operation: "read a tree", gitDir, args: ["rev-parse", "--verify", `${commit}^{tree}`] })

      /** The same id each time: author, dates and message follow from the task. */
      const commitOf = ({ at, botLogin, checked, facts, footing, ground }: Handed, summary: Disarmed) => {
        const who = { NAME: botLogin, EMAIL: `${botLogin}@noreply.${new URL(giteaUrl).hostname}` }
        const date = `@${Math.floor(at / 1000)} +0000`
        return git.text({
          operation: "commit",
          gitDir: clones.at(ground.repository.id),
          env: {
            GIT_AUTHOR_NAME: who.NAME,
            GIT_AUTHOR_EMAIL: who.EMAIL,
            GIT_AUTHOR_DATE: date,
            GIT_COMMITTER_NAME: who.NAME,
            GIT_COMMITTER_EMAIL: who.EMAIL,
            GIT_COMMITTER_DATE: date
          },
          args: ["commit-tree", `${checked}^{tree}`, ...parentsOf(footing).flatMap((it) => ["-p", it]), "-F", "-"],
          input: messageOf(facts, summary)
        })
      }

      /** A lease on what was last seen there: what a person pushed meanwhile is never overwritten. */
      const push = Effect.fnUntraced(function* ({ facts, ground }: Handed, commit: string) {
        const { base, branch, repository, way } = ground
        if (branch.lease === commit) return
        const ref = `refs/heads/${branch.name}`
        const gitDir = clones.at(repository.id)
        yield* git.run({
          operation: "remember what is pushed",
          gitDir,
          args: ["update-ref", pushedName(ground.number), commit]
        })
        yield* git.run({
          operation: `push ${branch.name}`,
          gitDir,
          asBot: true,
          args: [
            "push",
            "--quiet",
            ...(way === "branch"
              ? [`--force-with-lease=${ref}:${branch.lease ?? ""}`]
              : [`--push-option=topic=${branch.name}`, ...optionsOf(facts)]),
            `${giteaUrl}/${repository.fullName}.git`,
            way === "branch" ? `${commit}:${ref}` : `${commit}:refs/for/${base.name}`
          ]
        })
      })

      /** What is on our branch has to be in what is pushed, unless it may be replaced: then the work begins elsewhere. */
      const refuseToOverwrite = Effect.fnUntraced(function* ({ footing, ground }: Handed, commit: string) {
        const { lease, name, start } = ground.branch
        if (lease === null || lease === commit || lease !== start) return
        const within = yield* Effect.forEach(parentsOf(footing), (it) =>
          grounds.isAncestor(ground.repository.id, lease, it)
        )
        if (within.includes(true)) return
        return yield* new GitError({
          operation: `push ${name}`,
          reason: "moved",
          detail: "somebody pushed to the branch since the work began"
        })
      })

      /** Nothing is left of the work where one side has it all already. */
      const isEmpty = Effect.fnUntraced(function* ({ checked, footing, ground }: Handed) {
        const gitDir = clones.at(ground.repository.id)
        const [tree, ...before] = yield* Effect.forEach([checked, ...parentsOf(footing)], (it) => treeOf(gitDir, it))
        return before.some((it) => it === tree)
      })

      /** What was pushed to `refs/for/` has no branch: its head is what was pushed. */
      const find = ({ branch, repository, way }: Ground, commit: string) =>
        Effect.map(
          gitea.openPulls(repository.fullName),
          (all) =>
            all.find(({ head }) =>
              way === "branch"
                ? head.ref === branch.name && head.repoId === repository.id
                : head.ref.startsWith("refs/pull/") && head.sha === commit
            ) ?? null
        )

      const create = (
        { ground }: Handed,
        commit: string,
        text: { readonly title: string; readonly body: string }
      ): Effect.Effect<PullRequest, GitError | GiteaError> => {
        if (ground.way === "agit") return Effect.fail(notShown(ground))
        return gitea
          .createPull(ground.repository.fullName, { ...text, head: ground.branch.name, base: ground.base.name })
          .pipe(
            Effect.catchIf(
              ({ status }) => status === CONFLICT,
              (error) => Effect.filterOrFail(find(ground, commit), Predicate.isNotNull, () => error)
            )
          )
      }

      const findOrCreate = Effect.fnUntraced(function* (handed: Handed, commit: string, summary: Disarmed) {
        const text = { title: titleOf(handed.facts), body: bodyOf(handed.facts, summary) }
        const found = yield* find(handed.ground, commit)
        if (found === null) return yield* create(handed, commit, text)
        if (found.body === text.body) return found
        yield* gitea.editPull(handed.ground.repository.fullName, found.number, { title: found.title, body: text.body })
        return found
      })

      const submit = Effect.fn("Submission.submit")(function* (handed: Handed) {
        const { facts, ground } = handed
        if (yield* isEmpty(handed)) return null
        const summary = yield* disarm(handed.summary.slice(0, SUMMARY_LENGTH).toWellFormed())
        const commit = yield* commitOf(handed, summary)
        yield* refuseToOverwrite(handed, commit)
        yield* push(handed, commit)
        const pull = yield* findOrCreate(handed, commit, summary)
        // To somebody who may only read Gitea leaves no say about a commit.
        if (ground.way === "agit") return pull
        yield* gitea.setStatus(ground.repository.fullName, commit, {
          state: "success",
          context: CONTEXT,
          description:
            facts.checks.length === 0 ? "no checks" : `${facts.checks.length} of ${facts.checks.length} checks passed`
        })
        yield* Effect.logInfo("Pull request ready").pipe(
          Effect.annotateLogs({ pull: pull.number, branch: ground.branch.name, commit })
        )
        return pull
      })

      const keep = Effect.fn("Submission.keep")(({ repository }: Ground, snapshot: string) =>
        Effect.asVoid(
          git.run({
            operation: "push a snapshot",
            gitDir: clones.at(repository.id),
            asBot: true,
            args: ["push", "--quiet", `${giteaUrl}/${repository.fullName}.git`, `${snapshot}:${snapshot}`]
          })
        )
      )

      return { submit, keep }
    })
  )
}

/** What a pull request has from the push on, until its text is set. */
const optionsOf = (facts: PullFacts): ReadonlyArray<string> => [
  `--push-option=title=${titleOf(facts)}`,
  `--push-option=description=${closingLine(facts.number)}`
]

const notShown = ({ branch }: Ground): GitError =>
  new GitError({
    operation: `push ${branch.name}`,
    reason: "unreachable",
    detail: "Gitea took it and shows no pull request of it yet"
  })
