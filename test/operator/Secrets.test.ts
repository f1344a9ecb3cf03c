import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { secretsOf, Settings } from "../../src/Settings.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"

const TOKEN = "marked-operator-token"
const PREVIOUS = 'marked "former" secret'

const PATHS = ["/metrics", "/health", "/health/ready", "/api/deliveries", "/api/tasks", "/api/sessions"]

describe("Secrets", () => {
  layer(
    harness({
      settings: {
        operatorToken: Redacted.make(TOKEN),
        previousSecret: Redacted.make(PREVIOUS),
        repositories: ["acme/shop"]
      }
    }),
    { excludeTestServices: true }
  )((it) => {
    it.effect("that a person or Claude repeats are in no answer and no comment", () =>
      Effect.gen(function* () {
        const { becomes, claude, gitea, said, settled, store, url } = yield* flow
        const secrets = secretsOf(yield* Settings)
        assert.lengthOf(secrets, 5)
        const leak = secrets.join(" ")
        yield* gitea.createRepository("acme/shop")
        const open = (title: string) =>
          gitea.openIssue({ repository: "acme/shop", title, body: leak, assignees: [gitea.bot.login] })

        const issue = yield* open(`Is this ours? ${leak}`)
        yield* settled
        yield* becomes(issue, "completed")
        yield* claude.fail("messages", { kind: "status", status: 400, message: leak })
        const rejected = yield* open("Short")
        yield* settled
        const { cause } = (yield* becomes(rejected, "parked")) ?? {}
        assert.match(cause ?? "", /^Claude refused a request of this conversation/, "in words of our own")
        yield* said

        const tasks = (yield* store.column("tasks", "id")).map((id) => `/api/tasks/${id}`)
        const deliveries = (yield* store.column("deliveries", "deliveryId")).map((id) => `/api/deliveries/${id}`)
        const sessions = (yield* store.column("sessions", "id")).map((id) => `/api/sessions/${id}`)
        const usages = sessions.map((path) => `${path}/usage`)
        const ask = (path: string) =>
          HttpClient.execute(HttpClientRequest.bearerToken(HttpClientRequest.get(`${url}${path}`), TOKEN)).pipe(
            Effect.flatMap((response) => Effect.map(response.text, (text) => ({ status: response.status, text })))
          )
        const answers = yield* Effect.forEach([...PATHS, ...tasks, ...deliveries, ...sessions, ...usages], ask)
        assert.deepStrictEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
        const texts = answers.map(({ text }) => text)
        assert.include(texts.join(), "Is this ours? <redacted>")

        const comments = (yield* Effect.forEach([issue, rejected], gitea.comments)).flat()
        const told = [...texts, ...comments.map(({ body }) => body)].join("\n")
        assert.deepStrictEqual(
          secrets.filter((secret) => told.includes(secret)),
          []
        )
        assert.notInclude(told, "former")
      }).pipe(Effect.provide(NodeHttpClient.layerNodeHttp))
    )
  })
})
