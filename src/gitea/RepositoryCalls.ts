import { Effect, Schema } from "effect"
import { User } from "../domain/User.ts"
import type { FullName } from "../domain/Repository.ts"
import { listOf, objectOf, unread } from "./Answer.ts"
import type { Answer } from "./Answer.ts"
import type { Call, Send } from "./GiteaClient.ts"
import { isMissing, isRefused } from "./GiteaError.ts"
import type { GiteaError } from "./GiteaError.ts"
import { Branch, PullRequest, RepositoryAccess } from "./PullRequest.ts"

export interface PullDraft {
  readonly title: string
  readonly body: string
  readonly head: string
  readonly base: string
}

/** What Gitea shows beside a commit. Gitea takes any text for a state, and so only these are offered. */
export interface CommitStatus {
  readonly state: "success" | "failure" | "pending"
  readonly context: string
  readonly description: string
}

/** The calls around work on a repository: what the bot may do there, branches, pull requests, statuses. */
export interface RepositoryCalls {
  access(fullName: FullName): Effect.Effect<RepositoryAccess, GiteaError>
  /** Null when there is no such branch. */
  branch(fullName: FullName, name: string): Effect.Effect<Branch | null, GiteaError>
  /**
   * Whether somebody may write to the repository, by their id; the answer names them. Only its administrators are told of each; to
   * another bot Gitea lists those who can be assigned, who are those who may write, and members of teams.
   */
  writer(fullName: FullName, id: number): Effect.Effect<Writer, GiteaError>
  /** Those who can be assigned to its issues: who may write, and members of teams. */
  assignable(fullName: FullName): Effect.Effect<ReadonlyArray<User>, GiteaError>
  /** Whether one of those may write to it; true where only administrators are told. */
  mayWrite(fullName: FullName, login: string): Effect.Effect<boolean, GiteaError>
  /** All of them: the search by head that Gitea documents is ignored by it. */
  openPulls(fullName: FullName): Effect.Effect<ReadonlyArray<PullRequest>, GiteaError>
  /** Of any state; null when there is none of that number. */
  pull(fullName: FullName, number: number): Effect.Effect<PullRequest | null, GiteaError>
  /** Not repeated here: one whose answer was lost may have been made. 409 where there is one, without its number. */
  createPull(fullName: FullName, draft: PullDraft): Effect.Effect<PullRequest, GiteaError>
  editPull(fullName: FullName, number: number, text: Pick<PullDraft, "title" | "body">): Effect.Effect<void, GiteaError>
  setStatus(fullName: FullName, commit: string, status: CommitStatus): Effect.Effect<void, GiteaError>
}

export interface Writer {
  /** Null where nobody of that id can be assigned. */
  readonly login: string | null
  readonly mayWrite: boolean
}

const Permission = Schema.Struct({ permission: Schema.String })
const WRITERS: ReadonlyArray<string> = ["write", "admin", "owner"]

/** How the calls are made: `get` and `pages` may be repeated, `again` repeats another one, `send` does not. */
export interface Ways {
  get<A>(call: Omit<Call, "method">, answer: Answer<A>): Effect.Effect<A, GiteaError>
  pages<A>(
    call: Omit<Call, "method">,
    item: Schema.Codec<A, unknown>
  ): Effect.Effect<{ readonly items: ReadonlyArray<A> }, GiteaError>
  readonly send: Send
  readonly again: Send
  /** Takes out what nobody may read. */
  clean(text: string): string
}

export const repositoryCalls = ({ again, clean, get, pages, send }: Ways): RepositoryCalls => {
  const at = (fullName: FullName) => `/repos/${fullName}`
  const permission = (fullName: FullName, login: string) =>
    get(
      { operation: "read permission", path: `${at(fullName)}/collaborators/${encodeURIComponent(login)}/permission` },
      objectOf(Permission)
    ).pipe(
      Effect.map((found) => WRITERS.includes(found.permission)),
      Effect.catchIf(isRefused, () => Effect.succeed(true))
    )

  const assignable = (fullName: FullName) =>
    get({ operation: "read permission", path: `${at(fullName)}/assignees` }, listOf(User))

  return {
    assignable: Effect.fn("Gitea.assignable")(assignable),
    mayWrite: Effect.fn("Gitea.mayWrite")(permission),
    access: Effect.fn("Gitea.access")((fullName: FullName) =>
      get({ operation: "read access", path: at(fullName) }, objectOf(RepositoryAccess))
    ),
    branch: Effect.fn("Gitea.branch")((fullName: FullName, name: string) =>
      get(
        { operation: "read branch", path: `${at(fullName)}/branches/${encodeURIComponent(name)}` },
        objectOf(Branch)
      ).pipe(Effect.catchIf(isMissing, () => Effect.succeed(null)))
    ),
    writer: Effect.fn("Gitea.writer")(function* (fullName: FullName, id: number) {
      const users = yield* assignable(fullName)
      const login = users.find((user) => user.id === id)?.login ?? null
      return { login, mayWrite: login !== null && (yield* permission(fullName, login)) }
    }),
    openPulls: Effect.fn("Gitea.openPulls")((fullName: FullName) =>
      Effect.map(
        pages(
          { operation: "list pull requests", path: `${at(fullName)}/pulls`, query: { state: "open" } },
          PullRequest
        ),
        ({ items }) => items
      )
    ),
    pull: Effect.fn("Gitea.pull")((fullName: FullName, number: number) =>
      get({ operation: "read pull request", path: `${at(fullName)}/pulls/${number}` }, objectOf(PullRequest)).pipe(
        Effect.catchIf(isMissing, () => Effect.succeed(null))
      )
    ),
    createPull: Effect.fn("Gitea.createPull")((fullName: FullName, draft: PullDraft) =>
      send(
        {
          operation: "create pull request",
          method: "POST",
          path: `${at(fullName)}/pulls`,
          body: { ...draft, title: clean(draft.title), body: clean(draft.body) }
        },
        objectOf(PullRequest)
      )
    ),
    editPull: Effect.fn("Gitea.editPull")(
      (fullName: FullName, number: number, { body, title }: Pick<PullDraft, "title" | "body">) =>
        again(
          {
            operation: "edit pull request",
            method: "PATCH",
            path: `${at(fullName)}/pulls/${number}`,
            body: { title: clean(title), body: clean(body) }
          },
          unread
        )
    ),
    setStatus: Effect.fn("Gitea.setStatus")(
      (fullName: FullName, commit: string, { context, description, state }: CommitStatus) =>
        again(
          {
            operation: "set status",
            method: "POST",
            path: `${at(fullName)}/statuses/${commit}`,
            body: { state, context, description: clean(description) }
          },
          unread
        )
    )
  }
}
