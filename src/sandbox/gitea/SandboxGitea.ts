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
import { commentsOf, findRepository, ownerOf, referred } from "./Forge.ts"
import type { Repository } from "./Forge.ts"
import { ForgeStore } from "./ForgeStore.ts"
import { Gate } from "./Gate.ts"
import type { Delivery, Hook, RepositoryHook } from "./Hooks.ts"
import { Hooks } from "./Hooks.ts"
import { makeCode } from "./SandboxCode.ts"
import type { SandboxCode } from "./SandboxCode.ts"
import * as IssueChanges from "./IssueChanges.ts"
import { Manner } from "./Manner.ts"
import type { Behaviour } from "./Manner.ts"
import { RepositoryGit } from "./RepositoryGit.ts"
import { createRepository, renameOwner, renameRepository, setRepository } from "./RepositoryChanges.ts"
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
    /** Renames or transfers: the old path answers 301 from now on, and no hook is sent. */
    rename(repository: string, fullName: string): Effect.Effect<void>
    /** Renames a user or an organization: the old paths of its repositories answer 307 from now on, and no hook is sent. */
    renameOwner(login: string, to: string): Effect.Effect<void>
    /**
     * Takes a repository out of the bot's sight: it is in no list, and the bot's calls to it are refused, with 404 as long as
     * nothing else is said. Hooks are sent all the same, and none tells of it.
     */
    hide(repository: string, refusal?: 403 | 404): Effect.Effect<void>
    show(repository: string): Effect.Effect<void>
    /** From now on comments are refused with 423; `unarchive`: no longer. No hook tells of it. */
    archive(repository: string): Effect.Effect<void>
    unarchive(repository: string): Effect.Effect<void>
    /** From now on the bot may only read the repository, and comment; `grant`: write to it, as at first. */
    withdraw(repository: string): Effect.Effect<void>
    grant(repository: string): Effect.Effect<void>
    /** Registers a hook that gets every issue event of every repository, as a system hook would. */
    addHook(hook: Hook): Effect.Effect<void>
    /** Gives a repository hooks of its own, which are told of its events instead, each of those that it subscribes to. */
    setHooks(repository: string, hooks: ReadonlyArray<RepositoryHook>): Effect.Effect<void>
    /** Makes the bot an administrator of a repository, who may read its hooks. */
    promote(repository: string): Effect.Effect<void>
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
    /** Every API call, in the order they ended. */
    readonly requests: Effect.Effect<ReadonlyArray<RequestRecord>>
  } & SandboxCode
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
  const code = yield* makeCode
  const store = yield* ForgeStore

  const onIssue = (issue: SandboxIssue, by: string | undefined, step: (act: Act) => Step) =>
    Effect.asVoid(store.apply((at) => step({ by: by ?? ownerOf(issue.repository.fullName), at })))

  const repositoryNamed = (fullName: string) =>
    Effect.flatMap(store.view, ({ forge }) => Effect.orDie(Effect.fromOption(findRepository(forge, fullName))))

  const onRepository = Effect.fnUntraced(function* (name: string, step: (at: string, repository: Repository) => Step) {
    const repository = yield* repositoryNamed(name)
    yield* store.apply((at) => step(at, repository))
  })

  const open = Effect.fn("SandboxGitea.openIssue")(function* (
    draft: Parameters<SandboxGitea["Service"]["openIssue"]>[0]
  ) {
    const repository = yield* repositoryNamed(draft.repository)
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

  return SandboxGitea.of({
    ...code,
    url: (yield* store.view).url,
    bot,
    createRepository: (fullName) =>
      Effect.map(
        store.apply((at) => createRepository(at, fullName)),
        ({ forge }) => ({ id: forge.repositories.length, fullName })
      ),
    rename: (name, fullName) => onRepository(name, (at, it) => renameRepository(at, it, fullName)),
    renameOwner: (login, to) => Effect.asVoid(store.apply((at) => renameOwner(at, login, to))),
    hide: (name, refusal = 404) => onRepository(name, (at, it) => setRepository(at, it, { refusal })),
    show: (name) => onRepository(name, (at, it) => setRepository(at, it, { refusal: null })),
    archive: (name) => onRepository(name, (at, it) => setRepository(at, it, { archived: true })),
    unarchive: (name) => onRepository(name, (at, it) => setRepository(at, it, { archived: false })),
    promote: (name) => onRepository(name, (at, it) => setRepository(at, it, { administered: true })),
    withdraw: (name) => onRepository(name, (at, it) => setRepository(at, it, { writable: false })),
    grant: (name) => onRepository(name, (at, it) => setRepository(at, it, { writable: true })),
    addHook: hooks.add,
    setHooks: (name, own) => Effect.flatMap(repositoryNamed(name), ({ id }) => hooks.give(id, own)),
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
      ),
    deliveries: Effect.map(hooks.deliveries, (all) =>
      all.map(({ action, event, id, outcome }) => ({ id, event, action, outcome }))
    ),
    drained: hooks.drained,
    replay: hooks.replay,
    disturb: hooks.disturb,
    behave: manner.change,
    fail: faults.plan,
    requests: log.records
  })
})
