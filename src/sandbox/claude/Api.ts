import { Effect, Option, Ref, Result, Schema } from "effect"
import { HttpRouter } from "effect/http"
import type { HttpServerRequest } from "effect/http"
import { jsonAnswer, streamAnswer } from "./Answer.ts"
import { invalid } from "./ApiError.ts"
import { thinkingOf } from "./ContentRules.ts"
import { oddly } from "./OddReplies.ts"
import { handle } from "./Call.ts"
import type { Call, Shared } from "./Call.ts"
import { summarise } from "./Compaction.ts"
import { firstSummary } from "./CompactionRules.ts"
import { isStreamFault } from "./Fault.ts"
import type { Operation } from "./Fault.ts"
import { MessagesRequest } from "./MessagesRequest.ts"
import { findModel, modelInfo } from "./Models.ts"
import { toCompaction, toMessage } from "./Reply.ts"
import type { OutputBlock, Reply } from "./Reply.ts"
import { cacheKey, inputTokens, splitInput } from "./Tokens.ts"
import { validate } from "./Validation.ts"

const MAX_CACHED_PROMPTS = 1_000

const readBody = (request: HttpServerRequest.HttpServerRequest) =>
  request.json.pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(MessagesRequest)),
    Effect.mapError(({ message }) => invalid(message)),
    Effect.result
  )

const isCompaction = ({ compaction }: MessagesRequest): boolean => (compaction ?? null) !== null

const delivery = (call: Call) => ({ ...call, fault: Option.filter(call.fault, isStreamFault) })

const check = Effect.fnUntraced(function* (
  { signature }: Shared,
  operation: Operation,
  request: MessagesRequest,
  { betas }: Call
) {
  const model = yield* Effect.fromResult(findModel(request.model))
  const broken = validate({ operation, request, betas, model })
  if (Option.isSome(broken)) return yield* broken.value
  yield* Effect.forEach(
    thinkingOf(request),
    Effect.fnUntraced(function* ({ place, signature: given, thinking }) {
      if (yield* signature.provesThinking(thinking, given)) return
      return yield* invalid(`${place}: Invalid \`signature\` in \`thinking\` block`)
    }),
    { discard: true }
  )
  const summary = firstSummary(request)
  if (Option.isNone(summary)) return
  const { content, signature: given } = summary.value
  yield* signature.verify({ content: typeof content === "string" ? content : "", signature: given ?? "" })
})

const splitAndRemember = ({ seen }: Shared, request: MessagesRequest) =>
  Ref.modify(seen, (keys) => {
    const written = Option.match(cacheKey(request), { onNone: () => keys, onSome: (key) => [...keys, key] })
    return [splitInput(request, new Set(keys)), written.slice(-MAX_CACHED_PROMPTS)]
  })

const blockOf = Effect.fnUntraced(function* (
  { signature }: Shared,
  block: Reply["content"][number],
  toolId: string
): Effect.fn.Return<OutputBlock> {
  switch (block.type) {
    case "text":
      return block
    case "tool_use":
      return { ...block, id: block.id ?? toolId }
    case "thinking":
      return { ...block, signature: block.signature ?? (yield* signature.signThinking(block.thinking)) }
  }
})

const sample = Effect.fnUntraced(function* (shared: Shared, request: MessagesRequest) {
  const policy = yield* Ref.get(shared.script.policy)
  const isOdd = yield* Ref.get(shared.script.odd)
  const toolId = yield* shared.newId("toolu")
  const answered = {
    id: yield* shared.newId("msg"),
    model: request.model,
    input: yield* splitAndRemember(shared, request)
  }
  const reply = (isOdd ? oddly(policy) : policy)(request)
  const content = yield* Effect.forEach(reply.content, (block, index) => blockOf(shared, block, `${toolId}${index}`))
  return toMessage(answered, reply, content)
})

const compact = Effect.fnUntraced(function* (shared: Shared, request: MessagesRequest, { fault }: Call) {
  const answered = {
    id: yield* shared.newId("msg"),
    model: request.model,
    input: yield* splitAndRemember(shared, request)
  }
  if (Option.isSome(fault) && fault.value.kind === "emptyCompaction") {
    return toCompaction(answered, [], fault.value.stopReason)
  }
  const content = summarise(request)
  const signature = yield* shared.signature.sign(content)
  return toCompaction(answered, [{ type: "compaction", content, encrypted_content: null, signature }], "compaction")
})

const messages = Effect.fnUntraced(function* (
  shared: Shared,
  operation: Operation,
  request: MessagesRequest,
  call: Call
) {
  yield* check(shared, operation, request, call)
  const message = yield* operation === "compact" ? compact(shared, request, call) : sample(shared, request)
  return yield* request.stream === true
    ? streamAnswer(message, delivery(call), shared.script)
    : jsonAnswer(message, delivery(call))
})

const count = Effect.fnUntraced(function* (shared: Shared, operation: Operation, request: MessagesRequest, call: Call) {
  yield* check(shared, operation, request, call)
  return yield* jsonAnswer({ input_tokens: inputTokens(request), context_management: null }, delivery(call))
})

/** Reads the body of a `POST`; one that cannot be read is recorded and refused like any other broken request. */
const post = (shared: Shared, operationOf: (body: MessagesRequest) => Operation, answer: typeof messages) =>
  Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
    const read = yield* readBody(request)
    if (Result.isFailure(read)) {
      return yield* handle(shared, request, { operation: "messages", model: "", body: null }, () => read.failure)
    }
    const body = read.success
    const operation = operationOf(body)
    return yield* handle(shared, request, { operation, model: body.model, body }, (call) =>
      answer(shared, operation, body, call)
    )
  })

const model = (shared: Shared) =>
  Effect.fnUntraced(function* (request: HttpServerRequest.HttpServerRequest) {
    const { id = "" } = yield* HttpRouter.params
    return yield* handle(
      shared,
      request,
      { operation: "models", model: id, body: null },
      Effect.fnUntraced(function* (call) {
        const found = yield* Effect.fromResult(findModel(id))
        return yield* jsonAnswer(modelInfo(found, call.betas), delivery(call))
      })
    )
  })

/** The endpoints of the Claude API that are played: messages, count_tokens, and one model. */
export const routes = (shared: Shared) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const asked = (body: MessagesRequest) => (isCompaction(body) ? "compact" : "messages")
      yield* router.add("POST", "/v1/messages", post(shared, asked, messages))
      yield* router.add(
        "POST",
        "/v1/messages/count_tokens",
        post(shared, () => "count_tokens", count)
      )
      yield* router.add("GET", "/v1/models/:id", model(shared))
    })
  )
