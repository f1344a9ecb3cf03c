import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Schema } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { FullName } from "../../src/domain/Repository.ts"
import type { User } from "../../src/domain/User.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"

export const NAME = FullName.make("acme/shop")
export const DRAFT = { repository: NAME, title: "Slow search", body: "It takes 9 s." }
export const MOSAIC: User = { id: 1, login: "mosaic" }

const Payload = Schema.fromJsonString(
  Schema.Struct({
    changes: Schema.optionalKey(Schema.Unknown),
    issue: Schema.Struct({
      assignees: Schema.NullOr(Schema.Array(Schema.Unknown)),
      labels: Schema.Array(Schema.Struct({ name: Schema.String }))
    })
  })
)
const decodePayload = Schema.decodeUnknownSync(Payload)
export const decodeAnswer = Schema.decodeUnknownSync(
  Schema.fromJsonString(
    Schema.Struct({
      status: Schema.String,
      reason: Schema.optionalKey(Schema.String),
      detail: Schema.optionalKey(Schema.String)
    })
  )
)

export const decodeLabels = Schema.decodeUnknownSync(Schema.Array(Schema.Struct({ name: Schema.String })))

/** Tasks are kept and none is worked, so that a test sees what deliveries alone do. */
export const facts = harness({ settings: { enabled: false }, before: (gitea) => gitea.createRepository(NAME) })

export const scene = Effect.gen(function* () {
  const it = yield* flow
  const { gitea, settled, store } = it
  const past = (yield* gitea.deliveries).length
  const told = Effect.andThen(
    settled,
    Effect.map(gitea.deliveries, (all) =>
      all.slice(past).map(({ action, event, id, outcome }) => ({
        id,
        event,
        action,
        code: "status" in outcome ? outcome.status : null,
        answer: "body" in outcome ? outcome.body : ""
      }))
    )
  )
  return {
    ...it,
    bot: gitea.bot.login,
    /** Every delivery since, with what the coordinator answered. */
    told,
    /** Those about issues; the bot's comments are told of at any time. */
    sent: Effect.map(told, (all) => all.filter(({ event }) => event === "issues")),
    /** The payload of a delivery that was stored. */
    payload: (id: string) =>
      Effect.map(store.column("deliveries", "body", { deliveryId: id }), ([body]) => decodePayload(body))
  }
})

export const statusOf = ({ answer }: { readonly answer: string }) => decodeAnswer(answer).status

/** An API call as the bot. */
export const call = Effect.fnUntraced(function* (path: string, body: unknown) {
  const { bot, url } = yield* SandboxGitea
  const client = yield* HttpClient.HttpClient
  const response = yield* client.execute(
    HttpClientRequest.post(`${url}/api/v1/repos/${NAME}${path}`).pipe(
      HttpClientRequest.setHeader("authorization", `token ${bot.token}`),
      HttpClientRequest.bodyJsonUnsafe(body)
    )
  )
  return { status: response.status, body: yield* response.json }
}, Effect.provide(NodeHttpClient.layerNodeHttp))
