import { Array, Clock, Context, Effect, Layer, Option } from "effect"
import type { Scope } from "effect"
import { isPullRequest } from "../domain/Issue.ts"
import type { Issue } from "../domain/Issue.ts"
import { Observation } from "../domain/Mandate.ts"
import type { Comment } from "../domain/Comment.ts"
import { subjectOf } from "../domain/IssueRef.ts"
import type { IssueRef, Subject } from "../domain/IssueRef.ts"
import { peopleSince, provenanceOf } from "../domain/Provenance.ts"
import type { Provenance } from "../domain/Provenance.ts"
import { versionsOf } from "../domain/Reading.ts"
import { recollect } from "../domain/Recollection.ts"
import type { Recollection } from "../domain/Recollection.ts"
import type { FullName, Repository } from "../domain/Repository.ts"
import { numberOf, repositoryIdOf, taskIdOf } from "../domain/Task.ts"
import type { TaskId } from "../domain/Task.ts"
import { assignedItself, commentsIn, mandateOf, mentionsOf } from "../domain/Timeline.ts"
import type { TimelineEntry } from "../domain/Timeline.ts"
import { BotIdentity } from "../gitea/BotIdentity.ts"
import { Gitea } from "../gitea/Gitea.ts"
import { concernsGitea, isElsewhere, isMissing } from "../gitea/GiteaError.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import { makeFollowing } from "./Following.ts"
import type { Sight } from "./Following.ts"
import { makeTextHash } from "./TextHash.ts"
import { makeWriters } from "./Writers.ts"

/** What a look at an issue brought; no subject and no issue when it is gone. */
export interface Look {
  readonly subject: Subject | null
  readonly issue: Issue | null
  readonly observation: Observation
}

/** What was said on an issue. */
export interface Thread {
  readonly comments: ReadonlyArray<Comment>
  readonly from: Provenance
}

/** Of those who mention the bot, so many are looked up: a crowd of strangers costs no more. */
const PEOPLE_ASKED_ABOUT = 10

const GONE: Look = { subject: null, issue: null, observation: Observation.Gone() }

/**
 * Reads an issue through the API, which is the truth; the webhook was a hint. Fails with `GiteaError` when the state cannot be
 * known: an unreadable repository says nothing about its issues.
 */
export class IssueReader extends Context.Service<
  IssueReader,
  {
    /** The issue, and what follows from it for its task. `isParked`: a comment may ask the task to go on. */
    look(ref: IssueRef, isParked?: boolean): Effect.Effect<Look, GiteaError>
    /** Keeps what looks at the issue of a task show, whoever takes them, until the scope ends. Null until the first one. */
    follow(id: TaskId): Effect.Effect<Effect.Effect<Sight | null>, never, Scope.Scope>
    /**
     * The comments of a task's issue, oldest first, and who has had a say on it. The repository is asked for its name each time: a run
     * may outlast a rename, and the old name can be another repository's by then. Whether they may write is asked of those who said
     * something since the bot has its mandate, and of `author`.
     */
    thread(id: TaskId, author?: number): Effect.Effect<Thread, GiteaError>
    /** What the issue itself tells of work done for it, by the bot's own comments. */
    recollect(id: TaskId): Effect.Effect<Recollection, GiteaError>
  }
>()("mosaic-coordinator/issue/IssueReader") {
  static readonly layer = Layer.effect(
    IssueReader,
    Effect.gen(function* () {
      const gitea = yield* Gitea
      const identity = yield* BotIdentity
      const { follow, note } = yield* makeFollowing
      const writersAmong = yield* makeWriters
      const observe = yield* makeObserving(note)
      const read = readingOf(gitea)

      const look = Effect.fn("IssueReader.look")(function* (ref: IssueRef, isParked = false) {
        const id = repositoryIdOf(ref.taskId)
        const issue = yield* read(ref, isElsewhere)
        if (issue !== null) return yield* observe({ id, fullName: ref.fullName }, issue, isParked)
        const repository = yield* gitea.repository(id)
        // Read anew even under the same name: only of a repository that could be seen before does a missing issue prove anything.
        const present = yield* read({ ...ref, fullName: repository.fullName }, isMissing)
        if (present !== null) return yield* observe(repository, present, isParked)
        // By its id a repository is shown even to a bot that is kept out of all it holds.
        yield* gitea.repositoryNamed(repository.fullName)
        return GONE
      })

      const thread = Effect.fn("IssueReader.thread")(function* (id: TaskId, author?: number) {
        const bot = yield* identity.confirmed
        const { fullName } = yield* gitea.repository(repositoryIdOf(id))
        const comments = yield* gitea.comments(fullName, numberOf(id))
        const timeline = yield* gitea.timeline(fullName, numberOf(id))
        const people = peopleSince(comments, timeline, bot.id)
        const writers = yield* writersAmong(fullName, author === undefined ? people : new Set([...people, author]))
        return { comments, from: provenanceOf(timeline, bot.id, writers) }
      })

      const recollection = Effect.fn("IssueReader.recollect")(function* (id: TaskId) {
        const bot = yield* identity.confirmed
        const { fullName } = yield* gitea.repository(repositoryIdOf(id))
        return recollect(yield* gitea.comments(fullName, numberOf(id)), bot.id, id)
      })

      return { look, follow, thread, recollect: recollection }
    })
  )
}

/** Null: nothing of that number under this name, or the name is another repository's today. */
const readingOf =
  (gitea: Gitea["Service"]) =>
  ({ taskId, fullName }: IssueRef, isNothing: (error: GiteaError) => boolean) =>
    gitea.issue(fullName, numberOf(taskId)).pipe(
      Effect.map((issue) =>
        (issue.repository?.id ?? repositoryIdOf(taskId)) === repositoryIdOf(taskId) ? issue : null
      ),
      Effect.catchIf(isNothing, () => Effect.succeed(null))
    )

/** What an issue that is there says for its task; whoever follows it is shown it. */
const makeObserving = Effect.fnUntraced(function* (note: Effect.Success<typeof makeFollowing>["note"]) {
  const gitea = yield* Gitea
  const identity = yield* BotIdentity
  const hashOf = yield* makeTextHash
  const askedFor = askedForOf(gitea)

  return Effect.fnUntraced(function* (
    repository: Repository,
    issue: Issue,
    isParked: boolean
  ): Effect.fn.Return<Look, GiteaError> {
    const bot = yield* identity.confirmed
    const at = yield* Clock.currentTimeMillis
    const hash = yield* hashOf(issue)
    const subject = { ...subjectOf(repository, issue), text: hash }
    const seen = (observation: Observation): Look => ({ subject, issue, observation })
    if (issue.state === "closed") return seen(Observation.Closed())
    if (isPullRequest(issue) || !issue.assignees.some(({ id }) => id === bot.id)) return seen(Observation.Unassigned())
    const timeline = yield* gitea.timeline(repository.fullName, issue.number)
    const versions = versionsOf({ title: issue.title, hash }, commentsIn(timeline), bot.id)
    yield* note(taskIdOf(repository.id, issue.number), { issue, versions, at })
    const mandate = mandateOf(timeline, bot.id)
    if (mandate === null && assignedItself(timeline, bot.id)) return seen(Observation.Unassigned())
    const asking = isParked ? mentionsOf(timeline, bot, mandate?.id ?? 0) : []
    const asked = yield* askedFor(asking, repository.fullName)
    return seen(
      asked === null
        ? Observation.Assigned({ mandate })
        : Observation.Assigned({ mandate: { source: "timeline", id: asked.id }, asked: true })
    )
  })
})

/** The newest comment that asks for more, by somebody who may: who that is only Gitea knows. Where it does not say, nobody may. */
const askedForOf = (gitea: Gitea["Service"]) =>
  Effect.fnUntraced(function* (asking: ReadonlyArray<TimelineEntry>, fullName: FullName) {
    const mayWrite = (id: number) =>
      gitea.writer(fullName, id).pipe(
        Effect.map((found) => found.mayWrite),
        Effect.catchIf(
          (error) => !concernsGitea(error),
          () => Effect.succeed(false)
        )
      )
    const people = Array.dedupe(asking.flatMap(({ user }) => (user ? [user.id] : [])))
    const allowed = yield* Effect.findFirst(people.slice(0, PEOPLE_ASKED_ABOUT), mayWrite)
    return asking.find(({ user }) => user && Option.contains(allowed, user.id)) ?? null
  })
