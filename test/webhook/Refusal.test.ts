import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import type { DeliveryId } from "../../src/domain/Delivery.ts"
import { Inbox } from "../../src/event/Inbox.ts"
import { StoreUnavailable } from "../../src/storage/StoreUnavailable.ts"
import { MAX_BODY_BYTES } from "../../src/webhook/RequestHead.ts"
import { bodyOf, issueEvent, requestOf, signedDelivery } from "../harness/Deliveries.ts"
import { accepting, answerTo, jsonOf, over, send, untouched, webhook } from "./support.ts"

describe("Refusal", () => {
  it.effect.each([
    ["an empty signature", { "x-gitea-signature": "" }, "X-Gitea-Signature is empty: give the hook a secret"],
    ...[
      ["a short signature", "ab12"],
      ["a doubled signature", `${"a".repeat(64)}, ${"a".repeat(64)}`],
      ["GitHub's form of a signature", `sha256=${"a".repeat(64)}`],
      ["a signature that is not hexadecimal", "g".repeat(64)]
    ].map(
      ([name, signature = ""]) =>
        [name, { "x-gitea-signature": signature }, "X-Gitea-Signature is not 64 hexadecimal digits, sent once"] as const
    )
  ] as const)("answers 401 to %s, without waiting for the body", ([, headers, detail]) =>
    Effect.gen(function* () {
      const body = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) })
      const endless = { body, duplex: "half" } as const
      const response = yield* (yield* webhook)(new Request(requestOf(signedDelivery("", { headers })), endless))
      assert.strictEqual(response.headers.get("connection"), "close")
      assert.strictEqual(response.headers.get("content-type"), "application/problem+json")
      assert.deepStrictEqual(
        [response.status, yield* jsonOf(response)],
        [401, { type: "about:blank", status: 401, title: "Unauthorized", detail, field: "X-Gitea-Signature" }]
      )
    }).pipe(Effect.provide(untouched))
  )

  it.effect("answers 401 to a missing signature, a wrong one, and one of nothing", () =>
    Effect.gen(function* () {
      const post = yield* webhook
      const request = requestOf(signedDelivery())
      request.headers.delete("x-gitea-signature")
      const wrong = signedDelivery(issueEvent(), { secret: "not the secret" })
      const nothing = signedDelivery("", { secret: "not the secret" })
      const all = [request, requestOf(wrong), requestOf(nothing)]
      const answers = yield* Effect.forEach(all, post)
      assert.deepStrictEqual(
        answers.map(({ headers, status }) => [status, headers.get("connection")]),
        [
          [401, "close"],
          [401, "keep-alive"],
          [401, "keep-alive"]
        ]
      )
    }).pipe(Effect.provide(untouched))
  )

  it.effect.each([
    "multipart/form-data; boundary=x",
    "application/x-www-form",
    "text/plain",
    "application/json; x=1",
    "application/jsonp",
    ""
  ])("answers 415 to content type '%s'", (type) =>
    Effect.gen(function* () {
      const response = yield* send(signedDelivery(issueEvent(), { headers: { "content-type": type } }))
      assert.deepStrictEqual([response.status, response.headers.get("connection")], [415, "close"])
      assert.deepInclude(yield* jsonOf(response), { field: "Content-Type" })
    }).pipe(Effect.provide(untouched))
  )

  it.effect.each([
    ["the wrong type before a bad signature", { "content-type": "text/plain", "x-gitea-signature": "" }, 415],
    ["a bad signature before a bad event", { "x-gitea-signature": "", "x-gitea-event": "" }, 401],
    ["an empty event", { "x-gitea-event": "" }, 422],
    ["a doubled event", { "x-gitea-event": "issues, issues" }, 422],
    ["an empty delivery id", { "x-gitea-delivery": "" }, 422],
    ["a doubled delivery id", { "x-gitea-delivery": "a, b" }, 422],
    ["an endless delivery id", { "x-gitea-delivery": "a".repeat(101) }, 422]
  ] as const)("answers %s", ([, headers, status]) =>
    Effect.gen(function* () {
      const response = yield* send(signedDelivery(issueEvent(), { headers }))
      assert.strictEqual(response.status, status)
    }).pipe(Effect.provide(untouched))
  )

  it.effect.each([
    ["content-type", 415],
    ["x-gitea-signature", 401],
    ["x-gitea-event", 422],
    ["x-gitea-delivery", 422]
  ] as const)("answers a request without %s: %s", ([name, status]) =>
    Effect.gen(function* () {
      const { body, headers } = signedDelivery()
      const { [name]: _, ...others } = headers
      const answer = yield* send({ id: "", headers: others, body: new TextEncoder().encode(body.toString()) })
      assert.strictEqual(answer.status, status)
    }).pipe(Effect.provide(untouched))
  )

  it.effect("answers 401 to a request without a body", () =>
    Effect.gen(function* () {
      const { headers } = signedDelivery()
      const request = new Request("http://coordinator.test/webhook/gitea", { method: "POST", headers })
      assert.strictEqual((yield* (yield* webhook)(request)).status, 401)
    }).pipe(Effect.provide(untouched))
  )

  it.effect("answers 413 to a body over 8 MiB that did not say so, and 200 to one of exactly 8 MiB", () =>
    Effect.gen(function* () {
      const text = bodyOf(issueEvent())
      const full = text + " ".repeat(MAX_BODY_BYTES - text.length)
      const fits = yield* send(signedDelivery(full))
      const above = yield* send(signedDelivery(`${full} `))
      assert.deepStrictEqual([fits.status, above.status], [200, 413])
      assert.strictEqual(above.headers.get("connection"), "close")
    }).pipe(Effect.provide(over(accepting)))
  )

  it.effect.each([
    ["not UTF-8", new Uint8Array([0xff]), "body"],
    ["not JSON", "{", "body"],
    ["an array", "[]", "body"],
    ["without an action", "{}", "action"],
    ["of the wrong shape", `{"action":"assigned"}`, "number"],
    ["of integers beyond 2^53", bodyOf(issueEvent()).replace(`"id": 21`, `"id": 9007199254740992`), "repository.id"]
  ] as const)("answers 422 to a signed body that is %s, and names the field only", ([, body, field]) =>
    Effect.gen(function* () {
      const answer = yield* answerTo(signedDelivery(body))
      const detail = (answer.body as { readonly detail: string }).detail
      assert.deepStrictEqual(answer.body, {
        type: "about:blank",
        status: 422,
        title: "Unprocessable Content",
        detail,
        field
      })
    }).pipe(Effect.provide(untouched))
  )

  it.effect("answers 503 when the store cannot commit", () =>
    Effect.gen(function* () {
      const response = yield* send(signedDelivery())
      assert.deepStrictEqual([response.status, response.headers.get("retry-after")], [503, "5"])
      assert.notInclude(yield* Effect.promise(() => response.text()), "disk")
    }).pipe(
      Effect.provide(
        over(Layer.mock(Inbox, { accept: () => Effect.fail(new StoreUnavailable({ cause: "disk is full" })) }))
      )
    )
  )

  it.effect("answers 503 to the 513th request at once, and serves again when one is done", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<void>()
      const accept = (incoming: { readonly delivery: DeliveryId }) =>
        Effect.as(Deferred.await(gate), {
          status: "accepted",
          ...incoming,
          event: "",
          action: null,
          task: null
        } as const)
      const crowd = Effect.gen(function* () {
        const post = yield* webhook
        const sent = yield* Effect.forEach(Array.from({ length: 512 }), () =>
          Effect.forkChild(post(requestOf(signedDelivery())), { startImmediately: true })
        )
        const refused = yield* post(requestOf(signedDelivery()))
        assert.deepStrictEqual([refused.status, refused.headers.get("retry-after")], [503, "1"])
        yield* Deferred.succeed(gate, undefined)
        const answers = yield* Effect.forEach(sent, Fiber.join)
        assert.isTrue(answers.every(({ status }) => status === 200))
        assert.strictEqual((yield* post(requestOf(signedDelivery()))).status, 200)
      })
      yield* Effect.provide(crowd, over(Layer.mock(Inbox, { accept })))
    })
  )
})
