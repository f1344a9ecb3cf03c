import { Effect, Schema } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { ForgeStore } from "./ForgeStore.ts"
import { Hooks } from "./Hooks.ts"
import type { GivenHook } from "./Hooks.ts"
import { administeredInPath, pageOf } from "./Lookup.ts"
import { Manner } from "./Manner.ts"
import { answering } from "./Refusal.ts"

const LIMIT = 30

const Query = Schema.Struct({ page: Schema.optionalKey(Schema.String), limit: Schema.optionalKey(Schema.String) })

/** Never the secret. */
const hookResource = ({ active, contentType = "json", createdAt, events, url }: GivenHook) => ({
  type: "gitea",
  branch_filter: "",
  config: { content_type: contentType, url },
  events,
  authorization_header: "",
  active,
  created_at: createdAt
})

/** The hooks of a repository, listed to its administrators; those of its owner and of the whole server are in no such list. */
export const HookApi = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const hooks = yield* Hooks
    const manner = yield* Manner
    const store = yield* ForgeStore
    const answer = answering(HttpServer.formatAddress((yield* HttpServer.HttpServer).address))

    const list = Effect.gen(function* () {
      const { id } = yield* administeredInPath((yield* store.view).forge)
      const all = (yield* hooks.of(id)).map(hookResource)
      const query = yield* Effect.orElseSucceed(
        HttpServerRequest.schemaSearchParams(Query),
        (): typeof Query.Type => ({})
      )
      return HttpServerResponse.jsonUnsafe(pageOf(all, query, LIMIT, (yield* manner.current).endless), {
        headers: { "x-total-count": `${all.length}` }
      })
    })

    yield* router.add("GET", "/api/v1/repos/:owner/:name/hooks", answer(list))
  })
)
