import { Effect } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { unchanged } from "./Change.ts"
import type { Step } from "./Change.ts"
import { referred } from "./Forge.ts"
import { ForgeStore } from "./ForgeStore.ts"
import { SearchQuery } from "./IssueSearch.ts"
import { Manner } from "./Manner.ts"
import { issueInPath, pageOf, repositoryInPath } from "./Lookup.ts"
import { answering, notFound } from "./Refusal.ts"
import { issueResource } from "./Resource.ts"

const LIMIT = 30

/** Takes the place of what the issue depended on before. */
export const depend =
  (issue: number, on: ReadonlyArray<{ readonly id: number }>): Step =>
  (forge) =>
    unchanged({
      ...forge,
      dependencies: [
        ...forge.dependencies.filter((it) => it.issue !== issue),
        ...on.map(({ id }) => ({ issue, on: id }))
      ]
    })

/** The issues that an issue is blocked by (routers/api/v1/repo/issue_dependency.go). */
export const DependencyApi = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const manner = yield* Manner
    const store = yield* ForgeStore
    const answer = answering(HttpServer.formatAddress((yield* HttpServer.HttpServer).address))

    const list = Effect.gen(function* () {
      const view = yield* store.view
      const { writable } = yield* repositoryInPath(view.forge)
      if (!(yield* manner.current).hasDependencies) return yield* notFound
      const issue = yield* issueInPath(view.forge, notFound)
      const query = yield* Effect.orElseSucceed(
        HttpServerRequest.schemaSearchParams(SearchQuery),
        (): typeof SearchQuery.Type => ({})
      )
      const blockers = view.forge.dependencies
        .filter((it) => it.issue === issue.id)
        .map(({ on }) => referred(view.forge.issues, on))
      const shown = pageOf(blockers, query, LIMIT).map((blocker) => {
        const resource = issueResource(view, blocker)
        const isSeen = referred(view.forge.repositories, blocker.repository).refusal === null
        if (isSeen) return resource
        // Of what the bot may not see there is the least, and without write access nothing, not even whether it is closed.
        return writable
          ? { ...resource, body: "", labels: [] }
          : { ...resource, id: 0, number: 0, title: "HIDDEN", body: "", state: "open", user: null, repository: null }
      })
      return HttpServerResponse.jsonUnsafe(shown, { headers: { "x-total-count": `${blockers.length}` } })
    })

    yield* router.add("GET", "/api/v1/repos/:owner/:name/issues/:number/dependencies", answer(list))
  })
)
