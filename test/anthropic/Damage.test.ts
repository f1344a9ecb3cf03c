import { assert, describe, layer } from "@effect/vitest"
import { Effect, Equal, Layer, Result, Schema } from "effect"
import { FetchHttpClient } from "effect/http"
import { Anthropic } from "../../src/anthropic/Anthropic.ts"
import type { ModelError } from "../../src/anthropic/ModelError.ts"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { damaged, DAMAGES, placesIn } from "../harness/Damage.ts"
import type { Path } from "../harness/Damage.ts"
import { AnthropicTest, MAX_OUTPUT, request, turn } from "./support.ts"
import { recorded } from "./Wire.ts"

const Json = Schema.fromJsonString(Schema.Unknown)
const decode = Schema.decodeSync(Json)
const encode = Schema.encodeSync(Json)

/** An answer as what is in it, and back as its bytes: JSON, or the events of a stream. */
interface Form {
  readonly type: string
  readonly read: (body: string) => unknown
  readonly write: (json: unknown) => string
}
const JSON_BODY: Form = { type: "application/json", read: decode, write: encode }
const STREAM: Form = {
  type: "text/event-stream",
  read: (body) => Array.from(body.matchAll(/^data: (.*)$/gm), ([, data = ""]) => decode(data)),
  write: (events) =>
    (events as ReadonlyArray<{ readonly type?: unknown } | null>)
      .map((event) => `event: ${String(event?.type)}\ndata: ${encode(event)}\n\n`)
      .join("")
}

/** By place: where it is missing, null, and of another type. */
type Table = Readonly<Record<string, ReadonlyArray<string>>>
type Call = Effect.Effect<unknown, ModelError, Anthropic>

const kindOf = (error: ModelError): string => (error._tag === "ModelUnavailable" ? "outage" : error._tag)

/** What comes of an answer with damage at each of its places, where that is not nothing. */
const outcomesOf = Effect.fnUntraced(function* (call: Call, { read, type, write }: Form) {
  const { received, result: whole } = yield* recorded(call)
  const json = read(received[0] ?? "")
  const outcome = (spoilt: unknown) => {
    const answer = () => Promise.resolve(new Response(write(spoilt), { headers: { "content-type": type } }))
    return call.pipe(
      Effect.provideService(FetchHttpClient.Fetch, answer),
      Effect.result,
      Effect.map(Result.match({ onSuccess: (it) => (Equal.equals(it, whole) ? "same" : "changed"), onFailure: kindOf }))
    )
  }
  const rows = yield* Effect.forEach(
    placesIn(json, () => true),
    (place: Path) =>
      Effect.map(
        Effect.forEach(DAMAGES, (damage) => outcome(damaged(json, place, damage))),
        (row) => [place.join("."), row] as const
      )
  )
  const table: Table = Object.fromEntries(rows.filter(([, row]) => row.some((one) => one !== "same")))
  return table
})

const OUTAGE = ["outage", "outage", "outage"]
/** Without it nothing is known to be there. */
const OPTIONAL = ["changed", "changed", "outage"]
const FIGURE = ["same", "same", "outage"]

const compact = Effect.flatMap(Anthropic, (anthropic) => anthropic.compact(request(), MAX_OUTPUT))

describe("Damage to Claude's answers", () => {
  layer(AnthropicTest().pipe(Layer.provideMerge(SandboxClaude.layer)))((it) => {
    it.effect("leads to what the table says: count", () =>
      Effect.gen(function* () {
        const count = Effect.flatMap(Anthropic, (anthropic) => anthropic.count(request()))
        assert.deepStrictEqual(yield* outcomesOf(count, JSON_BODY), { input_tokens: OUTAGE })
      })
    )

    it.effect("leads to what the table says: info", () =>
      Effect.gen(function* () {
        const info = Effect.flatMap(Anthropic, (anthropic) => anthropic.info("claude-sandbox"))
        assert.deepStrictEqual(yield* outcomesOf(info, JSON_BODY), {
          max_input_tokens: ["ModelUnfit", "ModelUnfit", "outage"],
          max_tokens: OPTIONAL,
          capabilities: OPTIONAL,
          "capabilities.compaction": OPTIONAL,
          "capabilities.compaction.summarize": OPTIONAL,
          "capabilities.compaction.summarize.supported": OUTAGE
        })
      })
    )

    it.effect.each([
      ["turn", turn()],
      ["compact", compact]
    ] as const)(
      "in the stream of a %s breaks nothing: it is an outage, or blocks come as they are",
      ([, call]) =>
        Effect.gen(function* () {
          yield* (yield* SandboxClaude).respond(() => ({
            content: [
              { type: "thinking", thinking: "Hm." },
              { type: "text", text: "Looked at it." },
              { type: "tool_use", name: "finish", input: { answer: "Use an index.", status: "done" } }
            ]
          }))
          const table = yield* outcomesOf(call, STREAM)
          assert.deepStrictEqual([...new Set(Object.values(table).flat())].toSorted(), ["changed", "outage", "same"])
          const of = (end: string) => Object.entries(table).filter(([place]) => place.endsWith(end))
          const rowsOf = (end: string) => of(end).map(([, row]) => row)
          assert.deepStrictEqual(rowsOf("0.message"), [OUTAGE])
          assert.deepStrictEqual(rowsOf("message.content"), [OUTAGE])
          assert.deepStrictEqual(rowsOf("message.usage"), [OUTAGE])
          assert.deepStrictEqual(rowsOf("delta.stop_reason"), [OUTAGE])
          assert.deepStrictEqual(rowsOf(".usage.output_tokens"), [OUTAGE])
          assert.deepStrictEqual(rowsOf(".usage.input_tokens"), [FIGURE])
        }),
      60_000
    )
  })
})
