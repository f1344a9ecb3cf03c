import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import type { Policy } from "../../src/sandbox/claude/Script.ts"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"
import { heldTurn } from "./heldTurn.ts"

const LIMIT = 180_000
const toJson = Schema.encodeUnknownSync(Schema.fromJsonString(Schema.Unknown))

const inTurns: Policy = ({ messages }) =>
  messages.filter(({ role }) => role === "assistant").length < 3
    ? { content: [{ type: "tool_use", name: "progress", input: { done: "looked", next: "look on" } }] }
    : { content: [{ type: "tool_use", name: "finish", input: { answer: "Use an index.", status: "done" } }] }

describe("What is said on an issue while it is worked", () => {
  it.live(
    "is told once, whether the process is killed after it was told or was away when it was said",
    () =>
      Effect.gen(function* () {
        const claude = yield* SandboxClaude
        const gitea = yield* SandboxGitea
        const { start, store } = yield* CoordinatorProcess
        yield* claude.respond(inTurns)
        const { issue, life, turn } = yield* heldTurn
        const waiting = store.count("deliveries", { status: "accepted" })
        yield* gitea.comment(issue, "Only the product search.", "ada")
        yield* gitea.drained
        yield* eventuallyInProcess("all deliveries are handled", waiting, (count) => count === 0)
        const second = yield* claude.hold("messages")
        yield* turn.release
        yield* second.arrived
        yield* life.signal("SIGKILL")
        yield* life.ended
        yield* gitea.comment(issue, "And only in German.", "ada")
        yield* start
        const state = Effect.map(store.column("tasks", "state"), ([first]) => first)
        yield* eventuallyInProcess("it is completed", state, (it) => it === "completed")
        const requests = (yield* claude.requests).flatMap(({ body, operation }) =>
          operation === "messages" && body !== null ? [toJson(body.messages)] : []
        )
        const timesIn = (words: string) => requests.map((text) => text.split(words).length - 1)
        assert.deepStrictEqual(timesIn("Only the product search."), [0, 1, 1, 1, 1])
        assert.deepStrictEqual(timesIn("And only in German."), [0, 0, 0, 1, 1])
      }).pipe(Effect.scoped, Effect.provide(CoordinatorProcess.layer)),
    LIMIT
  )
})
