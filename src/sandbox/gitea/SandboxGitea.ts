import { NodeCrypto, NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { Context, Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { createServer } from "node:http"
import { Api } from "./Api.ts"
import { Bot } from "./Bot.ts"
import type { Disturbance } from "./Disturbance.ts"
import type { Act, Step } from "./Change.ts"
import { inOrder, unchanged } from "./Change.ts"
import { depend } from "./DependencyApi.ts"
import type { PlannedFault } from "./Faults.ts"
import { Faults } from "./Faults.ts"
import { commentsOf, ownerOf, referred } from "./Forge.ts"
import { ForgeStore } from "./ForgeStore.ts"
import { Gate } from "./Gate.ts"
import type { Delivery, Hook, RepositoryHook } from "./Hooks.ts"
import { Hooks } from "./Hooks.ts"
import { makeCode } from "./SandboxCode.ts"
import type { SandboxCode } from "./SandboxCode.ts"
import { makeRepositories, repositoriesOf } from "./SandboxRepositories.ts"
import type { SandboxRepositories } from "./SandboxRepositories.ts"
import * as IssueChanges from "./IssueChanges.ts"
import { Manner } from "./Manner.ts"
import type { Behaviour } from "./Manner.ts"
import { RepositoryGit } from "./RepositoryGit.ts"
import { createRepository } from "./RepositoryChanges.ts"
import type { RequestRecord } from "./RequestLog.ts"
import { RequestLog } from "./RequestLog.ts"

export interface SandboxRepository {
  readonly id: number
  /** The name it had when it was created. */
  readonly fullName: string
}

export interface SandboxIssue {
  readonly repository: SandboxRepository
  readonly number: number
  readonly id: number
}

/**
 * A Gitea 1.25 on a loopback port: the REST API and the webhooks an issue bot meets, with the state in memory.
 *
 * What people do is done through this service; an unknown repository is a defect. `by` is a login and defaults to
 * the owner of the repository.
 * The bot under test reaches the server over HTTP only.
 */
export class SandboxGitea extends Context.Service<
  SandboxGitea,
  {
    /** "http://127.0.0.1:<port>", no trailing slash. */
    readonly url: string
    readonly bot: { readonly id: number; readonly login: string; readonly token: string }
    /** Creates a repository by its full name, "acme/shop". */
    createRepository(fullName: string): Effect.Effect<SandboxRepository>
    /** Registers a hook that gets every issue event of every repository, as a system hook would. */
    addHook(hook: Hook): Effect.Effect<void>
    /** Gives a repository hooks of its own, which are told of its events instead, each of those that it subscribes to. */
    setHooks(repository: string, hooks: ReadonlyArray<RepositoryHook>): Effect.Effect<void>
    /** Sends `assigned` for every assignee, then `opened`, then `label_updated` if there are labels. */
    openIssue(draft: {
      readonly repository: string
      readonly title: string
      readonly body: string
      readonly by?: string
      readonly assignees?: ReadonlyArray<string>
      readonly labels?: ReadonlyArray<string>
      /** A pull request instead. */
      readonly pull?: boolean
    }): Effect.Effect<SandboxIssue>
    /** Does nothing when `login` is assigned already; `unassign` likewise. */
    assign(issue: SandboxIssue, login: string, by?: string): Effect.Effect<void>
    unassign(issue: SandboxIssue, login: string, by?: string): Effect.Effect<void>
    close(issue: SandboxIssue, by?: string): Effect.Effect<void>
    reopen(issue: SandboxIssue, by?: string): Effect.Effect<void>
    /** Sends one event for the title and one for the body. */
    edit(
      issue: SandboxIssue,
      text: { readonly title?: string; readonly body?: string },
      by?: string
    ): Effect.Effect<void>
    /** Replaces all labels of the issue. */
    label(issue: SandboxIssue, names: ReadonlyArray<string>, by?: string): Effect.Effect<void>
    /** Deletes the issue; its number is not given again. */
    remove(issue: SandboxIssue, by?: string): Effect.Effect<void>
    comment(issue: SandboxIssue, body: string, by?: string): Effect.Effect<void>
    /** Gitea remembers when a comment was edited, and not by whom. */
    editComment(id: number, body: string, by: string): Effect.Effect<void>
    /** From now on the issue depends on these others alone. No hook tells of it. */
    depend(issue: SandboxIssue, on: ReadonlyArray<SandboxIssue>): Effect.Effect<void>
    /** Deletes a comment. What it wrote into the timelines of issues that it named becomes null there. */
    deleteComment(id: number): Effect.Effect<void>
    /** From now on only those who may write to the repository can comment on it; `unlock`: no longer. */
    lock(issue: SandboxIssue, by?: string): Effect.Effect<void>
    unlock(issue: SandboxIssue, by?: string): Effect.Effect<void>
    /** Oldest first. */
    comments(
      issue: SandboxIssue
    ): Effect.Effect<ReadonlyArray<{ readonly id: number; readonly user: string; readonly body: string }>>
    /** Every delivery attempted, oldest first, with what the receiver answered. */
    readonly deliveries: Effect.Effect<ReadonlyArray<Pick<Delivery, "id" | "event" | "action" | "outcome">>>
    /** Completes when the delivery queue is empty and nothing is on its way. */
    readonly drained: Effect.Effect<void>
    /** Sends the stored payload again under a new id, as the button in Gitea's settings does. */
    replay(deliveryId: string): Effect.Effect<void>
    /** From now on hooks are lost, doubled and out of order; null: no longer. */
    disturb(disturbance: Disturbance | null): Effect.Effect<void>
    /** Changes how the server behaves towards the bot from now on: odd answers, the scopes of its token, texts it does not take. */
    behave(behaviour: Partial<Behaviour>): Effect.Effect<void>
    /** The next calls that match suffer the fault. */
    fail(fault: PlannedFault): Effect.Effect<void>
    /** No call suffers anything any more. */
    readonly recover: Effect.Effect<void>
    /** Every API call, in the order they ended. */
    readonly requests: Effect.Effect<ReadonlyArray<RequestRecord>>
  } & SandboxRepositories &
    SandboxCode
>()("mosaic-coordinator/sandbox/gitea/SandboxGitea") {
  static readonly layer: Layer.Layer<SandboxGitea> = Layer.suspend(() =>
    // Built here and not merged: `serve` would leave its router to whoever builds another server beside this one.
    Layer.effect(SandboxGitea, Effect.andThen(Layer.build(serve), make)).pipe(
      Layer.provide(ForgeStore.layer),
      Layer.provide([Hooks.layer, Faults.layer, RequestLog.layer, Bot.layer, Manner.layer, RepositoryGit.layer]),
      Layer.provide([server, connectionPerDelivery, NodeCrypto.layer]),
      Layer.orDie
    )
  )
}

const serve = HttpRouter.serve(Layer.merge(Api, Gate), { disableLogger: true, disableListenLog: true })

/** Requests that hang are cut off at once when the scope closes. */
const server = NodeHttpServer.layer(() => createServer(), {
  host: "127.0.0.1",
  port: 0,
  disablePreemptiveShutdown: true
})

/** A kept connection would make the first delivery to a receiver that was restarted fail by chance. */
const connectionPerDelivery = NodeHttpClient.layerNodeHttpOptions({ keepAlive: false })

const make = Effect.gen(function* () {
  const bot = yield* Bot
  const faults = yield* Faults
  const hooks = yield* Hooks
  const log = yield* RequestLog
  const manner = yield* Manner
  const store = yield* ForgeStore

  return SandboxGitea.of({
    ...(yield* makeRepositories),
    ...(yield* makeIssues),
    ...(yield* makeCode),
    url: (yield* store.view).url,
    bot,
    createRepository: (fullName) =>
      Effect.map(
        store.apply((at) => createRepository(at, fullName)),
        ({ forge }) => ({ id: forge.repositories.length, fullName })
      ),
    addHook: hooks.add,
    setHooks: (name, own) => Effect.flatMap(repositoriesOf(store).named(name), ({ id }) => hooks.give(id, own)),
    deliveries: Effect.map(hooks.deliveries, (all) =>
      all.map(({ action, event, id, outcome }) => ({ id, event, action, outcome }))
    ),
    drained: hooks.drained,
    replay: hooks.replay,
    disturb: hooks.disturb,
    behave: manner.change,
    fail: faults.plan,
    recover: faults.clear,
    requests: log.records
  })
})

/** What people do with issues. */
const makeIssues = Effect.gen(function* () {
  const store = yield* ForgeStore

  const onIssue = (issue: SandboxIssue, by: string | undefined, step: (act: Act) => Step) =>
    Effect.asVoid(store.apply((at) => step({ by: by ?? ownerOf(issue.repository.fullName), at })))

  const open = Effect.fn("SandboxGitea.openIssue")(function* (
    draft: Parameters<SandboxGitea["Service"]["openIssue"]>[0]
  ) {
    const repository = yield* repositoriesOf(store).named(draft.repository)
    const { forge } = yield* store.apply((at) =>
      IssueChanges.openIssue({ by: draft.by ?? ownerOf(repository.fullName), at }, repository.id, {
        title: draft.title,
        body: draft.body,
        assignees: draft.assignees ?? [],
        labels: draft.labels ?? [],
        pull: draft.pull ?? false
      })
    )
    const { id, number } = referred(forge.issues, forge.issues.length)
    return { repository: { id: repository.id, fullName: repository.fullName }, number, id }
  })

  return {
    openIssue: open,
    assign: (issue, login, by) => onIssue(issue, by, (act) => IssueChanges.assign(act, issue.id, login)),
    unassign: (issue, login, by) => onIssue(issue, by, (act) => IssueChanges.unassign(act, issue.id, login)),
    close: (issue, by) => onIssue(issue, by, (act) => IssueChanges.close(act, issue.id)),
    reopen: (issue, by) => onIssue(issue, by, (act) => IssueChanges.reopen(act, issue.id)),
    edit: (issue, { body, title }, by) =>
      onIssue(issue, by, (act) =>
        inOrder(
          title === undefined ? unchanged : IssueChanges.editTitle(act, issue.id, title),
          body === undefined ? unchanged : IssueChanges.editBody(act, issue.id, body)
        )
      ),
    label: (issue, names, by) => onIssue(issue, by, (act) => IssueChanges.label(act, issue.id, names)),
    remove: (issue, by) => onIssue(issue, by, (act) => IssueChanges.remove(act, issue.id)),
    comment: (issue, body, by) => onIssue(issue, by, (act) => IssueChanges.comment(act, issue.id, body)),
    editComment: (id, body, by) => Effect.asVoid(store.apply((at) => IssueChanges.editComment({ by, at }, id, body))),
    depend: (issue, on) => Effect.asVoid(store.apply(() => depend(issue.id, on))),
    deleteComment: (id) => Effect.asVoid(store.apply(() => IssueChanges.deleteComment(id))),
    lock: (issue, by) => onIssue(issue, by, (act) => IssueChanges.setLocked(act, issue.id, true)),
    unlock: (issue, by) => onIssue(issue, by, (act) => IssueChanges.setLocked(act, issue.id, false)),
    comments: (issue) =>
      Effect.map(store.view, ({ forge }) =>
        commentsOf(forge, issue.id).map(({ body, id, user }) => ({ id, user: referred(forge.users, user).login, body }))
      )
  } satisfies Partial<SandboxGitea["Service"]>
})
