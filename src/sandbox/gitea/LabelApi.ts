import { Effect, Schema } from "effect"
import { HttpRouter, HttpServer, HttpServerRequest, HttpServerResponse } from "effect/http"
import { Bot } from "./Bot.ts"
import { referred } from "./Forge.ts"
import { ForgeStore } from "./ForgeStore.ts"
import { addLabels } from "./IssueChanges.ts"
import { issueInPath } from "./Lookup.ts"
import { answering, notFound, Refusal } from "./Refusal.ts"
import { labelResource } from "./Resource.ts"

const unprocessable = new Refusal({ status: 422, message: "[]: Unprocessable" })

const labelNames = HttpServerRequest.schemaBodyJson(Schema.Struct({ labels: Schema.Array(Schema.String) })).pipe(
  Effect.map(({ labels }) => labels),
  Effect.mapError(() => unprocessable)
)

/** Labels put on an issue by name. An unknown name is skipped, and the answer is 200: only the list in it tells. */
export const LabelApi = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const bot = yield* Bot
    const store = yield* ForgeStore
    const answer = answering(HttpServer.formatAddress((yield* HttpServer.HttpServer).address))

    const post = Effect.gen(function* () {
      const { id } = yield* issueInPath((yield* store.view).forge, notFound)
      const names = yield* labelNames
      const view = yield* store.apply((at) => addLabels({ by: bot.login, at }, id, names))
      const { labels } = referred(view.forge.issues, id)
      return HttpServerResponse.jsonUnsafe(
        labels.map((label) => labelResource(view, referred(view.forge.labels, label)))
      )
    })

    yield* router.add("POST", "/api/v1/repos/:owner/:name/issues/:number/labels", answer(post))
  })
)
