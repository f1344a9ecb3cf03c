import { NodeHttpServer } from "@effect/platform-node"
import { Context, Deferred, Duration, Effect, Layer, Ref } from "effect"
import { Mac, SecureRandom } from "effect/crypto"
import { HttpRouter, HttpServer } from "effect/http"
import { createServer } from "node:http"
import { routes } from "./Api.ts"
import type { ClaudeFault, Operation } from "./Fault.ts"
import type { RecordedRequest } from "./RequestLog.ts"
import { makeRequestLog } from "./RequestLog.ts"
import type { Policy } from "./Script.ts"
import { makeScript } from "./Script.ts"
import { makeSignature } from "./Signature.ts"

/**
 * A stand-in that speaks the Claude API over loopback HTTP: messages (JSON and streamed), on-demand compaction, count_tokens
 * and models. What it counts, refuses and summarises follows from the real request, as strictly as by the real one; only the replies
 * are made up.
 */
export class SandboxClaude extends Context.Service<
  SandboxClaude,
  {
    /** `http://127.0.0.1:<port>` */
    readonly url: string
    /** Random; any other key is refused with 401. */
    readonly apiKey: string
    /** How messages are answered from now on. At first `readerAgent`. */
    respond(policy: Policy): Effect.Effect<void>
    /** From now on replies are as odd as the real API's can be: empty texts, thinking that was cut, half a character. */
    readonly odd: Effect.Effect<void>
    /** From now on the signatures of earlier thinking are invalid. */
    readonly forgetThinking: Effect.Effect<void>
    /** The next `times` (default 1) calls of an operation suffer a fault, first in first out. */
    fail(operation: Operation, fault: ClaudeFault, times?: number): Effect.Effect<void>
    /**
     * The next call of an operation stops half way until it is released: a stream after `message_start` and half of its deltas,
     * any other answer before it. `arrived` ends when the call has got there.
     */
    hold(operation: Operation): Effect.Effect<{
      readonly arrived: Effect.Effect<void>
      readonly release: Effect.Effect<void>
    }>
    /** From now on the deltas of a stream are this far apart, so that it can be watched. At first there is no pause. */
    pace(between: Duration.Input): Effect.Effect<void>
    /** Every request, oldest first. */
    readonly requests: Effect.Effect<ReadonlyArray<RecordedRequest>>
  }
>()("mosaic-coordinator/sandbox/claude/SandboxClaude") {
  static readonly layer: Layer.Layer<SandboxClaude> = Layer.effect(
    SandboxClaude,
    Effect.gen(function* () {
      const random = yield* SecureRandom.SecureRandom
      const newId = (prefix: string) => Effect.map(random.uuidV4(), (id) => `${prefix}_${id.replaceAll("-", "")}`)
      const apiKey = yield* newId("sk-ant-sandbox")
      const script = yield* makeScript
      const log = yield* makeRequestLog
      const shared = {
        apiKey,
        script,
        log,
        newId,
        signature: yield* makeSignature,
        seen: yield* Ref.make<ReadonlyArray<string>>([])
      }
      const { address } = yield* HttpServer.HttpServer
      yield* Layer.build(HttpRouter.serve(routes(shared), { disableLogger: true, disableListenLog: true }))
      return {
        url: HttpServer.formatAddress(address),
        apiKey,
        respond: (policy) => Ref.set(script.policy, policy),
        odd: Ref.set(script.odd, true),
        forgetThinking: shared.signature.forgetThinking,
        fail: (operation, fault, times = 1) => script.fail(operation, fault, times),
        hold: (operation) =>
          Effect.map(script.hold(operation), ({ arrived, released }) => ({
            arrived: Deferred.await(arrived),
            release: Effect.asVoid(Deferred.succeed(released, undefined))
          })),
        pace: (between) => Ref.set(script.pace, Duration.fromInputUnsafe(between)),
        requests: log.all
      }
    })
  ).pipe(
    Layer.provide(
      NodeHttpServer.layer(() => createServer(), { host: "127.0.0.1", port: 0, disablePreemptiveShutdown: true })
    ),
    Layer.provide(Mac.layerWebCrypto),
    Layer.provide(SecureRandom.layerWebCrypto),
    Layer.orDie
  )
}
