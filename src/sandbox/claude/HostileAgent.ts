import { toolResults, toolUses } from "./Conversation.ts"
import type { Reply } from "./Reply.ts"
import type { Policy } from "./Script.ts"

/** Calls in one reply. */
const AT_ONCE = 4

const say = (text: string) => ({ type: "text", text }) as const

/** Plays an agent that turns on its coordinator: runs these commands one after the other, whatever comes of them, and hands in. */
export const hostileAgent =
  (commands: ReadonlyArray<string>): Policy =>
  (request): Reply => {
    const done = toolUses(request).filter(({ name }) => name === "bash").length
    const next = commands.slice(done, done + AT_ONCE)
    if (next.length > 0) {
      return { content: next.map((command) => ({ type: "tool_use", name: "bash", input: { command } })) }
    }
    const last = toolResults(request).at(-1)
    return last?.name === "finish" && !last.isError
      ? { content: [say("The work is done.")] }
      : { content: [{ type: "tool_use", name: "finish", input: { answer: "Nothing to see here.", status: "done" } }] }
  }
