import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { operator, PATHS, Surroundings, TOKEN } from "./support.ts"

describe("ApiRoutes for whoever asks", () => {
  it.effect("asks everybody for the token, on every path", () =>
    Effect.gen(function* () {
      const ask = yield* operator
      const paths = [
        ...PATHS,
        "/api/openapi.json",
        "/api/docs",
        "/api/none",
        "/api",
        "/api/%ZZ",
        "/%61pi/tasks",
        "//api/tasks"
      ]
      const wrong = [{}, { authorization: `Bearer ${TOKEN}x` }, { authorization: TOKEN }, { authorization: "Bearer" }]
      for (const path of paths) {
        for (const headers of wrong) {
          const { headers: answered, json, status } = yield* ask(path, { headers })
          assert.deepStrictEqual(
            [status, json.field, answered.get("www-authenticate")],
            [401, "Authorization", "Bearer"]
          )
          assert.include(json.detail, "OPERATOR_TOKEN")
        }
      }
      const { status } = yield* ask("/api/tasks", { headers: { authorization: `bearer ${TOKEN}` } })
      assert.strictEqual(status, 200)
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("turns pages of another origin away", () =>
    Effect.gen(function* () {
      const headers = { authorization: `Bearer ${TOKEN}`, origin: "https://example.com" }
      const { json, status } = yield* (yield* operator)("/api/tasks", { headers })
      assert.deepStrictEqual([status, json.field], [403, "Origin"])
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("describes every path in its OpenAPI document", () =>
    Effect.gen(function* () {
      const { json } = yield* (yield* operator)("/api/openapi.json")
      assert.sameMembers(Object.keys(json.paths), [
        "/api/deliveries",
        "/api/deliveries/{id}",
        "/api/tasks",
        "/api/tasks/{id}",
        "/api/tasks/{repository}/{issue}",
        "/api/sessions",
        "/api/sessions/{id}",
        "/api/sessions/{id}/usage"
      ])
      const { responses } = json.paths["/api/deliveries"].get
      assert.sameMembers(Object.keys(responses), ["200", "401", "403", "422", "503"])
      assert.strictEqual(json.components.securitySchemes.bearer.scheme, "bearer")
    }).pipe(Effect.provide(Surroundings))
  )

  it.effect("has a docs page that loads nothing", () =>
    Effect.gen(function* () {
      const { headers, text, type } = yield* (yield* operator)("/api/docs")
      assert.include(type, "text/html")
      assert.notMatch(text, /<(script|link|img|iframe)[^>]+(src|href)=["']?(https?:)?\/\//)
      assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'/)
      assert.include(text, "/api/tasks/{repository}/{issue}")
    }).pipe(Effect.provide(Surroundings))
  )
})
