import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { inspect } from "node:util"
import * as Log from "../../src/telemetry/Log.ts"
import { secretsOf, Settings } from "../../src/Settings.ts"
import { signedDelivery } from "../harness/Deliveries.ts"
import { flow, post } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"

/** What is written to standard output while the layer lasts. */
const captured: Array<string> = []
const captureStdout = Layer.effectDiscard(
  Effect.acquireRelease(
    Effect.sync(() => {
      const { write } = process.stdout
      process.stdout.write = (chunk: string | Uint8Array) => {
        captured.push(typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk))
        return true
      }
      return write
    }),
    (write) => Effect.sync(() => void (process.stdout.write = write))
  )
)

const loud = {
  logLevel: "Debug",
  logFormat: "json",
  previousSecret: Redacted.make('former "secret" of the hook')
} as const

/** What is said in one callback of the event loop is written after it. */
const nextCallback = Effect.yieldNow

describe("Log", () => {
  layer(
    harness({
      settings: loud,
      before: (gitea) => gitea.createRepository("acme/shop"),
      log: Log.layer.pipe(Layer.provideMerge(captureStdout))
    }),
    { excludeTestServices: true }
  )((it) => {
    it.effect("tells no secret in a whole flow with all its troubles, nor does a comment or an answer", () =>
      Effect.gen(function* () {
        const { becomes, claude, gitea, said, settled, url } = yield* flow
        yield* gitea.fail({ match: /\/timeline$/, kind: "status", status: 502, body: "<html>" })
        yield* gitea.fail({ match: /^POST .*\/comments$/, kind: "reset" })
        yield* claude.fail("messages", { kind: "sseError" })
        const issue = yield* gitea.openIssue({
          repository: "acme/shop",
          title: "Slow search",
          body: "",
          assignees: [gitea.bot.login]
        })
        const refused = yield* post(signedDelivery(undefined, { secret: "not the secret" }))
        assert.strictEqual(refused.status, 401)
        yield* settled
        yield* becomes(issue, "completed")
        yield* said

        const settings = yield* Settings
        const secrets = secretsOf(settings)
        assert.lengthOf(secrets, 4)
        yield* Effect.logError("A careless line", { headers: { authorization: `Bearer ${secrets.join(" ")}` } })
        yield* nextCallback
        const answers = (yield* gitea.deliveries).map(({ outcome }) => ("body" in outcome ? outcome.body : ""))
        const comments = (yield* gitea.comments(issue)).map(({ body }) => body)
        const told = [...captured, ...answers, ...comments, inspect(refused.body)].join("\n")
        assert.include(told, "A careless line")
        assert.include(told, "Delivery accepted")
        assert.include(told, "Comment postponed")
        assert.deepStrictEqual(
          secrets.filter((secret) => told.includes(secret)),
          [],
          `${url} told a secret`
        )
        assert.notInclude(told, "of the hook")
      })
    )

    it.effect("writes what is said in one callback at once", () =>
      Effect.gen(function* () {
        yield* Effect.logInfo("First of two")
        yield* Effect.logInfo("Second of two")
        yield* nextCallback
        const written = captured.filter((chunk) => /(First|Second) of two/.test(chunk))
        assert.lengthOf(written, 1)
        assert.match(written[0] ?? "", /First of two.*\n.*Second of two.*\n/)
      })
    )
  })
})
