import { Context, Effect, Layer, Schema } from "effect"
import type { HookState } from "../domain/Gap.ts"
import { Comment, mapText } from "../domain/Comment.ts"
import { IssueNumber } from "../domain/Issue.ts"
import type { Issue } from "../domain/Issue.ts"
import { redact } from "../domain/Redaction.ts"
import { Repository } from "../domain/Repository.ts"
import type { FullName } from "../domain/Repository.ts"
import { TimelineEntry } from "../domain/Timeline.ts"
import { User } from "../domain/User.ts"
import * as Metrics from "../telemetry/Metrics.ts"
import { SetupFaults } from "../telemetry/SetupFaults.ts"
import { secretsOf, Settings } from "../Settings.ts"
import { listOf, objectOf, unread } from "./Answer.ts"
import { GiteaRetry, httpClient, makeSend } from "./GiteaClient.ts"
import type { Send } from "./GiteaClient.ts"
import { fromStatus, isMissing, isRefused, keptOut, noApi, outOfScope } from "./GiteaError.ts"
import type { GiteaError } from "./GiteaError.ts"
import { makeGiteaHealth } from "./GiteaHealth.ts"
import { Hook, hookStateOf } from "./Hook.ts"
import { issueAnswer } from "./IssueAnswer.ts"
import { orNewestComments, orNewestEntries } from "./NewestPart.ts"
import { makePages } from "./Pages.ts"
import type { Get } from "./Pages.ts"
import { repositoryCalls } from "./RepositoryCalls.ts"
import type { RepositoryCalls } from "./RepositoryCalls.ts"
import { lackingIn, NeededScopes } from "./TokenScopes.ts"

const Dependency = Schema.Struct({
  number: IssueNumber,
  state: Schema.Literals(["open", "closed"]),
  repository: Repository
})
type Dependency = typeof Dependency.Type

const AssignedIssue = Schema.Struct({ number: IssueNumber, repository: Repository })

/** Of a comment that was written. */
const Written = Schema.Struct({ id: Schema.Int })

const noToken: Send = ({ operation }) => Effect.fail(fromStatus(operation, 401))

const issuePath = (fullName: FullName, number: number) => `/repos/${fullName}/issues/${number}`

/** The calls to Gitea that are made, as the bot. */
export class Gitea extends Context.Service<
  Gitea,
  {
    /** Null while Gitea answers and takes the token, else what went wrong last; for readiness. */
    readonly health: Effect.Effect<GiteaError | null>
    /** The last refusal for want of a scope, until a call of its kind goes well; null while there is none. */
    readonly lacking: Effect.Effect<GiteaError | null>
    /**
     * Asks for the scopes of the token, by a call for which it need not have one: only a refusal tells. Null where it has that scope,
     * as a token with all of them has.
     */
    readonly scopes: Effect.Effect<ReadonlyArray<string> | null, GiteaError>
    readonly whoAmI: Effect.Effect<User, GiteaError>
    /** Where a repository is today; tells a missing issue from a repository that was renamed or is out of sight. */
    repository(id: number): Effect.Effect<Repository, GiteaError>
    /** Under its name, as all of its issues are read. Fails with 404 where Gitea enforces two-factor authentication and the bot has none. */
    repositoryNamed(fullName: FullName): Effect.Effect<Repository, GiteaError>
    issue(fullName: FullName, number: number): Effect.Effect<Issue, GiteaError>
    /** Oldest first. Where that is too long to be read, the newest, each with the beginning of its text. */
    comments(fullName: FullName, number: number): Effect.Effect<ReadonlyArray<Comment>, GiteaError>
    /**
     * All of it: without `page` Gitea leaves nothing out, while a page is filtered after it is cut and so may be short. Where that is
     * too long to be read, its newest part.
     */
    timeline(fullName: FullName, number: number): Effect.Effect<ReadonlyArray<TimelineEntry>, GiteaError>
    /** The issues that an issue depends on; none where the repository has no dependencies. Those that the bot may not see are left out. */
    dependencies(fullName: FullName, number: number): Effect.Effect<ReadonlyArray<Dependency>, GiteaError>
    /** Open issues assigned to the bot in every repository it can see. */
    readonly assigned: Effect.Effect<
      ReadonlyArray<{ readonly repository: Repository; readonly number: number }>,
      GiteaError
    >
    /** Whether an open pull request is assigned to the bot. */
    readonly hasAssignedPulls: Effect.Effect<boolean, GiteaError>
    /** The repository's hook that points at us and did then (milliseconds); unreadable unless the bot administers it, which it need not. */
    hook(fullName: FullName, at: number | null): Effect.Effect<HookState, GiteaError>
    /** Not repeated here: a comment whose answer was lost may have been written. */
    createComment(fullName: FullName, number: number, body: string): Effect.Effect<{ readonly id: number }, GiteaError>
    editComment(fullName: FullName, id: number, body: string): Effect.Effect<void, GiteaError>
  } & RepositoryCalls
>()("mosaic-coordinator/gitea/Gitea") {
  static readonly layerNoDeps = Layer.effect(
    Gitea,
    Effect.gen(function* () {
      const settings = yield* Settings
      const { giteaUrl, giteaToken } = settings
      // Whoever repeats a secret of ours, it is not the bot that makes it public.
      const clean = (body: string) => mapText(body, (text) => redact(secretsOf(settings), text))
      const schedule = Metrics.countingRetries("gitea")(yield* GiteaRetry)
      const { health, lacking, lacks, watching } = yield* makeGiteaHealth
      const bare = giteaToken === null ? noToken : yield* makeSend(giteaUrl, giteaToken)
      const send = watching(bare)
      const get: Get = (call, answer) => Effect.retry(send({ ...call, method: "GET" }, answer), schedule)

      const pages = yield* makePages(get)

      return {
        health,
        lacking,
        scopes: askScopes(bare, yield* NeededScopes, lacks),
        ...readsOf(get, pages, yield* SetupFaults),
        ...repositoryCalls({
          clean,
          get,
          pages,
          send,
          again: (call, answer) => Effect.retry(send(call, answer), schedule)
        }),
        createComment: Effect.fn("Gitea.createComment")((fullName: FullName, number: number, body: string) =>
          send(
            {
              operation: "create comment",
              method: "POST",
              path: `${issuePath(fullName, number)}/comments`,
              body: { body: clean(body) }
            },
            objectOf(Written)
          )
        ),
        editComment: Effect.fn("Gitea.editComment")((fullName: FullName, id: number, body: string) =>
          Effect.retry(
            send(
              {
                operation: "edit comment",
                method: "PATCH",
                path: `/repos/${fullName}/issues/comments/${id}`,
                body: { body: clean(body) }
              },
              // Of the same text again Gitea gives the comment without its user.
              unread
            ),
            schedule
          )
        )
      }
    })
  )

  static readonly layer = this.layerNoDeps.pipe(Layer.provide(httpClient))
}

const ASK_SCOPES = "ask for the scopes of the token"

/** What the token lacks is noted, for the writes that would show it. */
const askScopes = (send: Send, needed: ReadonlyArray<string>, note: (error: GiteaError) => Effect.Effect<void>) =>
  send({ operation: ASK_SCOPES, method: "GET", path: "/notifications/new" }, unread).pipe(
    Effect.as(null),
    Effect.catchIf(
      ({ scope }) => scope !== undefined,
      ({ scope }) => Effect.succeed(scope?.granted ?? [])
    ),
    Effect.tap((granted) => {
      const missing = granted === null ? [] : lackingIn(granted, needed)
      if (granted === null || missing.length === 0) return Effect.void
      return note(outOfScope(provenBy(missing), { required: missing.join(" and "), granted }, needed))
    })
  )

/** The call that goes well once the token has what it lacks. */
const provenBy = (missing: ReadonlyArray<string>): string => {
  if (missing.includes("write:issue")) return "create comment"
  if (missing.includes("write:repository")) return "create pull request"
  return missing.includes("read:repository") ? "read repository" : "ask who the bot is"
}

/** What is only read, and so may be asked again. */
const readsOf = (get: Get, pages: Effect.Success<ReturnType<typeof makePages>>, faults: typeof SetupFaults.Service) => {
  const timelinePath = (fullName: FullName, number: number) => `${issuePath(fullName, number)}/timeline`
  return {
    whoAmI: Effect.mapError(get({ operation: "ask who the bot is", path: "/user" }, objectOf(User)), noApi),
    repository: Effect.fn("Gitea.repository")((id: number) =>
      get({ operation: "read repository", path: `/repositories/${id}` }, objectOf(Repository))
    ),
    repositoryNamed: Effect.fn("Gitea.repositoryNamed")((fullName: FullName) =>
      get({ operation: "read repository", path: `/repos/${fullName}` }, objectOf(Repository)).pipe(
        Effect.mapError(keptOut),
        Effect.tapError((error) => (isMissing(error) ? faults.found("twoFactor", error.detail) : Effect.void))
      )
    ),
    issue: Effect.fn("Gitea.issue")((fullName: FullName, number: number) =>
      get({ operation: "read issue", path: issuePath(fullName, number) }, issueAnswer).pipe(
        Effect.tap(faults.over("twoFactor"))
      )
    ),
    comments: Effect.fn("Gitea.comments")((fullName: FullName, number: number) =>
      get({ operation: "read comments", path: `${issuePath(fullName, number)}/comments` }, listOf(Comment)).pipe(
        orNewestComments(get, timelinePath(fullName, number))
      )
    ),
    timeline: Effect.fn("Gitea.timeline")((fullName: FullName, number: number) =>
      get({ operation: "read timeline", path: timelinePath(fullName, number) }, listOf(TimelineEntry)).pipe(
        orNewestEntries(get, timelinePath(fullName, number))
      )
    ),
    dependencies: Effect.fn("Gitea.dependencies")((fullName: FullName, number: number) =>
      pages({ operation: "read dependencies", path: `${issuePath(fullName, number)}/dependencies` }, Dependency).pipe(
        Effect.map(({ items }) => items),
        Effect.catchIf(isMissing, () => Effect.succeed([]))
      )
    ),
    assigned: Effect.map(
      pages(
        {
          operation: "list assigned issues",
          path: "/repos/issues/search",
          query: { assigned: "true", type: "issues", state: "open" }
        },
        AssignedIssue
      ),
      ({ items }) => items
    ),
    hasAssignedPulls: get(
      {
        operation: "list assigned issues",
        path: "/repos/issues/search",
        query: { assigned: "true", type: "pulls", state: "open", limit: 1 }
      },
      listOf(Schema.Unknown)
    ).pipe(Effect.map((found) => found.length > 0)),
    hook: Effect.fn("Gitea.hook")((fullName: FullName, at: number | null) =>
      pages({ operation: "list hooks", path: `/repos/${fullName}/hooks` }, Hook).pipe(
        Effect.map(({ isWhole, items }) => {
          const state = hookStateOf(items, at)
          return state === "missing" && !isWhole ? "unreadable" : state
        }),
        Effect.catchIf(isRefused, () => Effect.succeed<HookState>("unreadable"))
      )
    )
  }
}
