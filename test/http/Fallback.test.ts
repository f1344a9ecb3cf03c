import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Fallback } from "../../src/http/Fallback.ts"
import { webServer } from "../harness/WebServer.ts"

const ask = (method: string, path: string) =>
  Effect.gen(function* () {
    const server = yield* webServer(
      Fallback({ "/webhook/gitea": ["POST"], "/health": ["GET", "HEAD"], "/api/a.json/:id/x": ["GET"] })
    )
    const { headers, status, type } = yield* server(path, { method })
    return [status, headers.get("allow"), headers.get("connection"), type]
  })

describe("Fallback", () => {
  it.effect.each([
    ["GET", "/webhook/gitea", [405, "POST", null, "application/problem+json"]],
    ["HEAD", "/webhook/gitea?x=1", [405, "POST", null, "application/problem+json"]],
    ["PUT", "/webhook/gitea", [405, "POST", "close", "application/problem+json"]],
    ["GET", "/Webhook//Gitea/", [405, "POST", null, "application/problem+json"]],
    ["POST", "/health", [405, "GET, HEAD", "close", "application/problem+json"]],
    ["POST", "/api/a.json/7+8/x", [405, "GET", "close", "application/problem+json"]],
    ["GET", "/api/a.json/7/8/x", [404, null, null, "application/problem+json"]],
    ["GET", "/api/asjson/7/x", [404, null, null, "application/problem+json"]],
    ["GET", "/", [404, null, null, "application/problem+json"]],
    ["GET", "/constructor", [404, null, null, "application/problem+json"]],
    ["POST", "/webhook", [404, null, "close", "application/problem+json"]]
  ] as const)("answers %s %s", ([method, path, expected]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* ask(method, path), [...expected])
    })
  )
})
