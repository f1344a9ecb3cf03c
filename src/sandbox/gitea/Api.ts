import { Array, Effect, Layer, Schema } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Bot } from "./Bot.ts"
import type { Comment } from "./Forge.ts"
import { commentsOf, findEntry, isComment, referred, timelineOf } from "./Forge.ts"
import { ForgeStore } from "./ForgeStore.ts"
import { DependencyApi } from "./DependencyApi.ts"
import { AccessApi } from "./AccessApi.ts"
import { GitHttp } from "./GitHttp.ts"
import { HookApi } from "./HookApi.ts"
import { comment, editComment } from "./IssueChanges.ts"
import { SearchQuery, searchIssues } from "./IssueSearch.ts"
import { LabelApi } from "./LabelApi.ts"
import { issueInPath, pageOf, repositoryInPath, visible, writableInPath } from "./Lookup.ts"
import { PullApi } from "./PullApi.ts"
import { RepositoryGit } from "./RepositoryGit.ts"
import { answering, internalError, notFound, Refusal } from "./Refusal.ts"
import { Manner } from "./Manner.ts"
import {
  commentResource,
  issueResource,
  repositoryResource,
  timelineResource,
  untouchedResource,
  userResource
} from "./Resource.ts"

const SEARCH_LIMIT = 20
const TIMELINE_LIMIT = 30

const json = HttpServerResponse.jsonUnsafe

const locked = new Refusal({ status: 403, message: "You cannot comment on a locked issue." })

const unprocessable = new Refusal({ status: 422, message: "[Body]: Required" })

const commentText = HttpServerRequest.schemaBodyJson(Schema.Struct({ body: Schema.NonEmptyString })).pipe(
  Effect.map(({ body }) => body),
  Effect.mapError(() => unprocessable)
)

/** A comment's text that the database takes. */
const storableText = Effect.gen(function* () {
  const { refusesText } = yield* (yield* Manner).current
  const text = yield* commentText
  return refusesText?.test(text) === true ? yield* internalError : text
})

const searchQuery = Effect.orElseSucceed(
  HttpServerRequest.schemaSearchParams(SearchQuery),
  (): typeof SearchQuery.Type => ({})
)

/** Users, repositories and issues, to be read. */
const ReadRoutes = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const bot = yield* Bot
    const manner = yield* Manner
    const repositories = yield* RepositoryGit
    const store = yield* ForgeStore
    const answer = answering(HttpServer.formatAddress((yield* HttpServer.HttpServer).address))

    const isEmpty = (id: number) => Effect.map(repositories.branches(id), (all) => Object.keys(all).length === 0)

    const user = Effect.map(store.view, (view) => json(userResource(view, referred(view.forge.users, bot.id))))

    const repositoryById = Effect.gen(function* () {
      const view = yield* store.view
      const { id } = yield* HttpRouter.params
      const repository = Array.findFirst(view.forge.repositories, (it) => it.id === Number(id))
      const found = yield* Effect.mapError(Effect.fromOption(repository), () => notFound)
      const { id: known } = yield* visible(found)
      return json(repositoryResource(view, found, yield* isEmpty(known)))
    })

    const repository = Effect.gen(function* () {
      const view = yield* store.view
      const found = yield* repositoryInPath(view.forge)
      return json(repositoryResource(view, found, yield* isEmpty(found.id)))
    })

    const search = Effect.gen(function* () {
      const view = yield* store.view
      const query = yield* searchQuery
      const found = searchIssues(view.forge, query, bot.id)
      const { endless } = yield* manner.current
      const page = pageOf(found, query, SEARCH_LIMIT, endless).map((issue) => issueResource(view, issue))
      return json(page, { headers: { "x-total-count": `${found.length}` } })
    })

    const issue = Effect.gen(function* () {
      const view = yield* store.view
      return json(issueResource(view, yield* issueInPath(view.forge, notFound)))
    })

    yield* router.add("GET", "/api/v1/user", user)
    yield* router.add("GET", "/api/v1/notifications/new", Effect.succeed(json({ new: 0 })))
    yield* router.add("GET", "/api/v1/repositories/:id", answer(repositoryById))
    yield* router.add("GET", "/api/v1/repos/:owner/:name", answer(repository))
    yield* router.add("GET", "/api/v1/repos/issues/search", search)
    yield* router.add("GET", "/api/v1/repos/:owner/:name/issues/:number", answer(issue))
    yield* router.add("*", "/*", answer(notFound))
  })
)

/** What happened on an issue. Unlike the issue itself, these answer 500 when the issue is missing. */
const TimelineRoutes = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const bot = yield* Bot
    const manner = yield* Manner
    const storable = Effect.provideService(storableText, Manner, manner)
    const store = yield* ForgeStore
    const answer = answering(HttpServer.formatAddress((yield* HttpServer.HttpServer).address))

    const comments = Effect.gen(function* () {
      const view = yield* store.view
      const issue = yield* issueInPath(view.forge, internalError)
      const all = commentsOf(view.forge, issue.id).map((it) => commentResource(view, it))
      return json(all, { headers: { "x-total-count": `${all.length}` } })
    })

    const timeline = Effect.gen(function* () {
      const view = yield* store.view
      const issue = yield* issueInPath(view.forge, internalError)
      const query = yield* searchQuery
      const all = timelineOf(view.forge, issue.id)
      // Without `page` Gitea sends the whole timeline and ignores `limit`.
      const manners = yield* manner.current
      const page = query.page === undefined ? all : pageOf(all, query, TIMELINE_LIMIT, manners.endless)
      const odd = manners.odd && query.page === undefined ? [null] : []
      const listed = [...odd, ...page.map((entry) => timelineResource(view, entry))]
      const body = listed.length > 0 ? listed : null
      return json(body, { headers: { "x-total-count": `${page.length}` } })
    })

    const post = Effect.gen(function* () {
      const { forge } = yield* store.view
      const { writable } = yield* writableInPath(forge)
      const issue = yield* issueInPath(forge, internalError)
      const body = yield* storable
      if (issue.locked && !writable) return yield* locked
      const view = yield* store.apply((at) => comment({ by: bot.login, at }, issue.id, body))
      return json(commentResource(view, latestComment(view.forge.entries.filter(isComment))), { status: 201 })
    })

    const patch = Effect.gen(function* () {
      const { forge } = yield* store.view
      const repository = yield* writableInPath(forge)
      const entry = findEntry(forge, repository.id, Number((yield* HttpRouter.params)["id"]))
      const before = yield* Effect.mapError(Effect.fromOption(entry), () => notFound)
      const { id } = before
      const body = yield* storable
      const view = yield* store.apply((at) => editComment({ by: bot.login, at }, id, body))
      const after = referred(view.forge.entries, id)
      if (!isComment(after) || !isComment(before)) return HttpServerResponse.empty()
      return json(before.body === body ? untouchedResource(view, after) : commentResource(view, after))
    })

    yield* router.add("GET", "/api/v1/repos/:owner/:name/issues/:number/comments", answer(comments))
    yield* router.add("GET", "/api/v1/repos/:owner/:name/issues/:number/timeline", answer(timeline))
    yield* router.add("POST", "/api/v1/repos/:owner/:name/issues/:number/comments", answer(post))
    yield* router.add("PATCH", "/api/v1/repos/:owner/:name/issues/comments/:id", answer(patch))
  })
)

/** The part of Gitea's REST API that the bot needs, and git over HTTP. */
export const Api = Layer.mergeAll(
  ReadRoutes,
  TimelineRoutes,
  LabelApi,
  HookApi,
  PullApi,
  AccessApi,
  DependencyApi,
  GitHttp
)

const latestComment = (comments: ReadonlyArray<Comment>): Comment => referred(comments, comments.length)
