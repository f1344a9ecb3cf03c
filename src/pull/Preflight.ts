import { Context, Data, Effect, Layer } from "effect"
import type { Task } from "../domain/Task.ts"
import { lastGiven } from "../domain/Timeline.ts"
import { Git } from "../git/Git.ts"
import type { GitError } from "../git/GitError.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import type { RepositoryAccess } from "../gitea/PullRequest.ts"
import { isTooFull } from "../workspace/Bounds.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import { makeGrounds } from "./Ground.ts"
import type { Ground, Place } from "./Ground.ts"

const KIBIBYTE = 1024
/** KiB, as Gitea counts them, up to which a repository is worked on. */
const MAX_SIZE = 2 * 1024 * 1024

/** The task that is looked at. */
export type Work = Pick<Task, "repositoryId" | "number" | "fullName" | "generation">

export type Verdict = Data.TaggedEnum<{
  Go: { readonly ground: Ground }
  /** A person has to do something first: one sentence without its full stop. */
  Stop: { readonly why: string }
}>
export const Verdict = Data.taggedEnum<Verdict>()

/** Pure: what keeps the bot from working in a repository; null: nothing. */
export const faultOf = (fullName: string, access: RepositoryAccess): string | null => {
  if (access.archived) return `${fullName} is archived: unarchive it first`
  if (access.empty) return `${fullName} is empty: push a first commit`
  if (!access.hasPulls) return `${fullName} has no pull requests: turn them on in its settings`
  if (access.size > MAX_SIZE)
    return `${fullName} is larger than ${MAX_SIZE / 1024 ** 2} GiB, which is too large to work on`
  return null
}

const placeOf = ({ generation, number, repository, way }: Ground): Place => ({ repository, number, generation, way })

/** Whether work may begin, asked before anything is paid for. */
export class Preflight extends Context.Service<
  Preflight,
  {
    /** The clone is up to date afterwards. What may pass by itself fails, and is tried again later. */
    look(task: Work): Effect.Effect<Verdict, GitError | GiteaError>
    /** The same ground as Gitea has it now. The clone is up to date afterwards. */
    again(ground: Ground): Effect.Effect<Ground, GitError | GiteaError>
    /** Of work that began at `begun`: why it may not be handed in any more, a sentence without its full stop; else null. */
    overtaken(ground: Ground, begun: string): Effect.Effect<string | null, GitError | GiteaError>
  }
>()("mosaic-coordinator/pull/Preflight") {
  static readonly layer = Layer.effect(
    Preflight,
    Effect.gen(function* () {
      const clones = yield* ControlClones
      const git = yield* Git
      const gitea = yield* Gitea
      const grounds = yield* makeGrounds
      const assignerFault = yield* makeAssignerFault
      const { protectionFault, pushFault } = yield* makePushFaults

      const look = Effect.fn("Preflight.look")(function* (task: Work) {
        const { fullName, repositoryId } = task
        const repository = { id: repositoryId, fullName }
        const unusable = yield* git.problem
        if (unusable !== null) return Verdict.Stop({ why: unusable })
        const access = yield* gitea.access(fullName)
        const fault = faultOf(fullName, access) ?? (yield* assignerFault(task))
        if (fault !== null) return Verdict.Stop({ why: fault })
        if (isTooFull(yield* clones.free, access.size * KIBIBYTE)) {
          return Verdict.Stop({
            why: `there is too little room for ${fullName} on the disk of AGENT_WORK_DIR: make room`
          })
        }
        yield* clones.refresh(repository)
        const way = access.permissions.push ? ("branch" as const) : ("agit" as const)
        const { generation, number } = task
        const ground = yield* grounds.stand({ repository, number, generation, way }, access.defaultBranch)
        if (ground === null) {
          return Verdict.Stop({
            why: `${fullName} has no branch ${access.defaultBranch}, which is its default: push it`
          })
        }
        const refused = (yield* protectionFault(ground)) ?? (yield* pushFault(ground))
        return refused === null ? Verdict.Go({ ground }) : Verdict.Stop({ why: refused })
      })

      /** A base branch that is gone is found out by whoever opens the pull request. */
      const again = Effect.fn("Preflight.again")(function* (ground: Ground) {
        yield* clones.refresh(ground.repository)
        return (yield* grounds.stand(placeOf(ground), ground.base.name)) ?? ground
      })

      const overtaken = Effect.fn("Preflight.overtaken")(function* (ground: Ground, begun: string) {
        const closed = yield* grounds.abandoned(ground, begun)
        return closed === null
          ? null
          : `somebody closed pull request #${closed} while the work on it went on, and what is closed stays closed`
      })

      return { again, look, overtaken }
    })
  )
}

/** What keeps the bot from working for whoever assigned it, or null. */
const makeAssignerFault = Effect.gen(function* () {
  const gitea = yield* Gitea
  const identity = yield* BotIdentity

  /** Fail closed: nobody's tools run for somebody who could not change the code themselves. */
  return Effect.fnUntraced(function* ({ fullName, number }: Work) {
    const bot = yield* identity.confirmed
    const given = lastGiven(yield* gitea.timeline(fullName, number), bot.id)
    if (!given?.user) return "nobody is known to have assigned the bot: assign it again"
    const { login, mayWrite } = yield* gitea.writer(fullName, given.user.id)
    return mayWrite
      ? null
      : `${login === null ? "whoever" : `${login}, who`} assigned the bot${login === null ? "" : ","} may not write to ${fullName}: somebody who may has to assign it`
  })
})

/** What keeps the bot from pushing, each a sentence without its full stop, or null. */
const makePushFaults = Effect.gen(function* () {
  const clones = yield* ControlClones
  const git = yield* Git
  const gitea = yield* Gitea

  /** Asks Gitea's git whether it would take the branch: scopes and rights are told in no other way. */
  const pushFault = ({ base, branch, repository, way }: Ground) =>
    git
      .run({
        operation: "ask whether the bot may push",
        gitDir: clones.at(repository.id),
        asBot: true,
        args: [
          "push",
          "--dry-run",
          "--quiet",
          git.remote(repository.fullName),
          way === "branch"
            ? `+${branch.start}:refs/heads/${branch.name}`
            : `${branch.start}:refs/for/${base.name}/${branch.name}`
        ]
      })
      .pipe(
        Effect.as(null),
        Effect.catchIf(
          ({ reason }) => reason === "refused" || reason === "declined" || reason === "missing",
          (error) => Effect.succeed(error.message)
        )
      )

  /** Of a branch that is there already; who may make a new one Gitea tells its administrators alone, and whoever pushes it. */
  const protectionFault = Effect.fnUntraced(function* ({ branch, repository, way }: Ground) {
    if (way === "agit" || branch.lease === null) return null
    const found = yield* gitea.branch(repository.fullName, branch.name)
    return found === null || found.mayPush
      ? null
      : `the bot may not push to ${branch.name} of ${repository.fullName}: let it, in the protection of branches`
  })

  return { protectionFault, pushFault }
})
