import { Effect, Schema } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Bot } from "./Bot.ts"
import type { Pull, Repository } from "./Forge.ts"
import { ForgeStore } from "./ForgeStore.ts"
import { pageOf, repositoryInPath, writableInPath } from "./Lookup.ts"
import { addStatus, editPull, openPull } from "./PullChanges.ts"
import { Manner } from "./Manner.ts"
import { answering, internalError, notFound, Refusal } from "./Refusal.ts"
import { RepositoryGit } from "./RepositoryGit.ts"
import { makePullRefs } from "./PullRefs.ts"
import { pullResource } from "./Resource.ts"

const LIMIT = 30
const json = HttpServerResponse.jsonUnsafe
const unprocessable = new Refusal({ status: 422, message: "[Title]: Required" })
const forbidden = new Refusal({ status: 403, message: "user should have a permission to write to a repo" })

/** `head` is not among them: Gitea ignores it. */
const Query = Schema.Struct({
  state: Schema.optionalKey(Schema.String),
  page: Schema.optionalKey(Schema.String),
  limit: Schema.optionalKey(Schema.String)
})
const Draft = Schema.Struct({
  title: Schema.NonEmptyString,
  body: Schema.optionalKey(Schema.String),
  head: Schema.String,
  base: Schema.String
})
const Edit = Schema.Struct({
  title: Schema.optionalKey(Schema.String),
  body: Schema.optionalKey(Schema.String),
  state: Schema.optionalKey(Schema.Literals(["open", "closed"]))
})
const StatusBody = Schema.Struct({
  state: Schema.String,
  context: Schema.optionalKey(Schema.String),
  description: Schema.optionalKey(Schema.String),
  target_url: Schema.optionalKey(Schema.String)
})

const bodyOf = <A>(schema: Schema.Codec<A, unknown>) =>
  Effect.mapError(HttpServerRequest.schemaBodyJson(schema), () => unprocessable)

const writer = (repository: Repository) => (repository.writable ? Effect.void : Effect.fail(forbidden))

/** Names internal ids, and not the number. */
const conflict = ({ id, repository }: Pull) =>
  new Refusal({
    status: 409,
    message: `pull request already exists for these targets [id: ${id}, issue_id: ${id}, head_repo_id: ${repository}, base_repo_id: ${repository}]`
  })

const branchInPath = Effect.map(HttpRouter.params, (params) => decodeURIComponent(params["*"] ?? ""))

/** A branch, and what the bot may do with it. */
const makeBranch = Effect.gen(function* () {
  const repositories = yield* RepositoryGit
  const store = yield* ForgeStore

  const branch = Effect.gen(function* () {
    const repository = yield* repositoryInPath((yield* store.view).forge)
    const name = yield* branchInPath
    const commit = (yield* repositories.branches(repository.id))[name]
    if (commit === undefined) return yield* notFound
    const isProtected = repository.protectedBranches.includes(name)
    return json({
      name,
      commit: { id: commit },
      protected: isProtected,
      required_approvals: 0,
      enable_status_check: false,
      status_check_contexts: [],
      user_can_push: repository.writable && !isProtected,
      user_can_merge: repository.writable
    })
  })

  return { branch }
})

/** Pull requests, as they are read. */
const makePulls = Effect.gen(function* () {
  const manner = yield* Manner
  const store = yield* ForgeStore
  const refs = yield* makePullRefs

  /** As they are served: with the commits that their branches have now. All are of one repository. */
  const shownAll = Effect.fnUntraced(function* (pulls: ReadonlyArray<Pull>) {
    const [first] = pulls
    if (first === undefined) return []
    const commitsOf = yield* refs.commitsIn(first.repository)
    const view = yield* store.view
    return pulls.map((pull) => pullResource(view, pull, commitsOf(pull)))
  })
  const shown = (pull: Pull) => Effect.map(shownAll([pull]), ([only]) => only)

  const pullsOf = Effect.gen(function* () {
    const { forge } = yield* store.view
    const { id } = yield* repositoryInPath(forge)
    return forge.pulls.filter((it) => it.repository === id)
  })

  const list = Effect.gen(function* () {
    const query = yield* Effect.orElseSucceed(
      HttpServerRequest.schemaSearchParams(Query),
      (): typeof Query.Type => ({})
    )
    const state = query.state ?? "open"
    const all = (yield* pullsOf).filter((it) => state === "all" || it.state === state).toReversed()
    return json(yield* shownAll(pageOf(all, query, LIMIT, (yield* manner.current).endless)), {
      headers: { "x-total-count": `${all.length}` }
    })
  })

  /** The first of any state: a closed one hides the open one behind it. */
  const byBranches = Effect.gen(function* () {
    const { base, head } = yield* HttpRouter.params
    const name = decodeURIComponent(head ?? "").replace(/^[^:]*:/, "")
    const found = (yield* pullsOf).find((it) => it.base === decodeURIComponent(base ?? "") && it.head === name)
    return found === undefined ? yield* notFound : json(yield* shown(found))
  })

  const numbered = Effect.gen(function* () {
    const { number } = yield* HttpRouter.params
    const found = (yield* pullsOf).find((it) => it.number === Number(number))
    return found === undefined ? yield* notFound : found
  })

  const one = Effect.flatMap(numbered, (pull) => Effect.map(shown(pull), (it) => json(it)))

  return { shown, all: pullsOf, numbered, list, byBranches, one }
})

/** How they are made and changed. */
const makeWriting = Effect.fnUntraced(function* ({ all, numbered, shown }: Effect.Success<typeof makePulls>) {
  const bot = yield* Bot
  const repositories = yield* RepositoryGit
  const store = yield* ForgeStore

  const create = Effect.gen(function* () {
    const repository = yield* writableInPath((yield* store.view).forge)
    if (!repository.hasPulls) return yield* notFound
    yield* writer(repository)
    const draft = yield* bodyOf(Draft)
    const branches = yield* repositories.branches(repository.id)
    if (!(draft.head in branches) || !(draft.base in branches)) return yield* notFound
    const open = (yield* all).find((it) => it.state === "open" && it.head === draft.head && it.base === draft.base)
    if (open !== undefined) return yield* conflict(open)
    const { forge } = yield* store.apply((at) =>
      openPull({ by: bot.login, at }, { body: "", topic: null, ...draft, repository: repository.id })
    )
    const made = forge.pulls.at(-1)
    return made === undefined ? yield* internalError : json(yield* shown(made), { status: 201 })
  })

  const edit = Effect.gen(function* () {
    yield* writableInPath((yield* store.view).forge)
    const { id } = yield* numbered
    const change = yield* bodyOf(Edit)
    const { forge } = yield* store.apply(() => editPull(id, change))
    return json(yield* shown(forge.pulls[id - 1] ?? (yield* internalError)), { status: 201 })
  })

  return { create, edit }
})

/** Takes a commit status: any text for a state, and an unknown commit is a fault of the server. */
const makeStatuses = Effect.gen(function* () {
  const repositories = yield* RepositoryGit
  const store = yield* ForgeStore

  const status = Effect.gen(function* () {
    const repository = yield* writableInPath((yield* store.view).forge)
    yield* writer(repository)
    const { sha = "" } = yield* HttpRouter.params
    const { context = "default", description = "", state, target_url = "" } = yield* bodyOf(StatusBody)
    if (!(yield* repositories.has(repository.id, sha))) return yield* internalError
    const made = { repository: repository.id, sha, state, context, description, targetUrl: target_url }
    const { forge } = yield* store.apply(() => addStatus(made))
    return json({ id: forge.statuses.length, status: state, context, description, target_url }, { status: 201 })
  })

  return { status }
})

/** What is asked of a repository before and after work on it: branches, pull requests, commit statuses. */
export const PullApi = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const answer = answering(HttpServer.formatAddress((yield* HttpServer.HttpServer).address))
    const pulls = yield* makePulls
    const writing = yield* makeWriting(pulls)
    const { branch } = yield* makeBranch
    const { status } = yield* makeStatuses

    const API = "/api/v1/repos/:owner/:name"
    yield* router.add("GET", `${API}/branches/*`, answer(branch))
    yield* router.add("GET", `${API}/pulls`, answer(pulls.list))
    yield* router.add("POST", `${API}/pulls`, answer(writing.create))
    yield* router.add("GET", `${API}/pulls/:number`, answer(pulls.one))
    yield* router.add("PATCH", `${API}/pulls/:number`, answer(writing.edit))
    yield* router.add("GET", `${API}/pulls/:base/:head`, answer(pulls.byBranches))
    yield* router.add("POST", `${API}/statuses/:sha`, answer(status))
  })
)
