import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import type { MessagesRequest } from "../../src/sandbox/claude/MessagesRequest.ts"
import type { Reply } from "../../src/sandbox/claude/Reply.ts"
import type { Policy } from "../../src/sandbox/claude/Script.ts"
import { inputTokens } from "../../src/sandbox/claude/Tokens.ts"
import { summaryOf, userTexts } from "../../src/sandbox/claude/Conversation.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"

const LIMIT = 180_000
/** Tokens: the budget of the coordinator, half of the model's window, so that a reply may pass it. */
const BUDGET = 4_000
/** What the coordinator takes for a token of a reply under way; its exact figure, at the end, is lower. */
const CHARACTERS_PER_TOKEN = 3
const SENTENCE = "The search reads every row, and it should use the index. "
const ANSWER = "Add the index that the search needs."

/** A reply that brings the context to a share of the budget while it streams. */
const fillTo = (request: MessagesRequest, share: number): Reply => {
  const length = (BUDGET * share - inputTokens(request)) * CHARACTERS_PER_TOKEN
  return {
    content: [
      { type: "text", text: SENTENCE.repeat(Math.ceil(length / SENTENCE.length)) },
      { type: "tool_use", name: "progress", input: { done: "Thought about it", next: "Think on" } }
    ]
  }
}

/**
 * Passes the compact threshold first, after the compaction the rotate threshold, and answers as successor. Both turns end below
 * their threshold, so that only what a tick decided can have led to what follows.
 */
const thinker: Policy = (request) => {
  if (userTexts(request).some((text) => text.includes("in a fresh session"))) {
    return { content: [{ type: "tool_use", name: "finish", input: { answer: ANSWER, status: "done" } }] }
  }
  return fillTo(request, summaryOf(request) === null ? 0.92 : 1.1)
}

const Harness = CoordinatorProcess.layerWith({
  ANTHROPIC_MODEL: "claude-sandbox-small",
  ANTHROPIC_MAX_OUTPUT_TOKENS: "4096",
  CONTEXT_LIMIT_TOKENS: String(BUDGET),
  CONTEXT_POLL_INTERVAL: "200 millis"
})

const tagOf = Schema.decodeUnknownSync(Schema.fromJsonString(Schema.Struct({ _tag: Schema.String })))

describe("Wiring", () => {
  it.live(
    "carries out the compaction and the rotation that ticks decided in the middle of turns",
    () =>
      Effect.gen(function* () {
        const gitea = yield* SandboxGitea
        const claude = yield* SandboxClaude
        const { start, store } = yield* CoordinatorProcess
        yield* claude.respond(thinker)
        yield* claude.pace("12 millis")
        yield* start
        yield* gitea.createRepository("acme/shop")
        const issue = yield* gitea.openIssue({ repository: "acme/shop", title: "Slow search", body: "9 s.", by: "ada" })
        yield* gitea.assign(issue, gitea.bot.login, "ada")
        const comments = yield* eventuallyInProcess("the report", gitea.comments(issue), (all) => all.length === 2)
        assert.include(comments[1]?.body, ANSWER)

        const [first, second, ...more] = yield* store.read("sessions", ["id", "state", "predecessor"])
        assert.deepStrictEqual(more, [])
        assert.deepInclude(first ?? {}, { state: "rotated", predecessor: null })
        assert.deepInclude(second ?? {}, { state: "ended", predecessor: first?.id })

        const samples = yield* store.read("samples", ["sessionId", "used", "source", "by", "action"])
        const streamed = samples.filter(
          (it) => it.by === "tick" && it.source === "stream" && it.sessionId === first?.id
        )
        const compact = streamed.findIndex(({ action }) => action === "compact")
        const rotate = streamed.findIndex(({ action }) => action === "rotate")
        assert.isAtLeast(compact, 1, "an earlier tick of the same turn saw it below the threshold")
        assert.isAbove(rotate, compact)
        assert.strictEqual(streamed[0]?.action, "continue")
        assert.isAbove(streamed[compact]?.used ?? 0, streamed[compact - 1]?.used ?? Infinity)
        const decided = samples.find(({ action }) => action !== "continue")
        assert.deepInclude(decided ?? {}, { by: "tick", action: "compact" })

        const entries = yield* store.read("journal", ["sessionId", "entry"])
        const tags = (session: string | undefined) =>
          entries
            .filter(({ sessionId }) => sessionId === session)
            .map(({ entry }) => tagOf(entry)._tag)
            .filter((tag) => !tag.startsWith("Tool"))
        assert.deepStrictEqual(tags(first?.id), ["Asked", "Replied", "Asked", "Compacted", "Asked", "Replied", "Asked"])
        assert.deepStrictEqual(tags(second?.id), ["Asked", "Replied"])
        const state = store.column("tasks", "state")
        yield* eventuallyInProcess("the task is completed", state, ([only]) => only === "completed")
      }).pipe(Effect.provide(Harness)),
    LIMIT
  )
})
