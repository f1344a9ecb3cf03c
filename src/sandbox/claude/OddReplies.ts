import { blocksOf } from "./MessagesRequest.ts"
import type { MessagesRequest } from "./MessagesRequest.ts"
import type { Reply } from "./Reply.ts"
import type { Policy } from "./Script.ts"

const think = (thinking: string, signature?: string) =>
  ({ type: "thinking", thinking, ...(signature === undefined ? {} : { signature }) }) as const
const say = (text: string) => ({ type: "text", text }) as const

const HALF_A_PAIR = "\ud83d"

/** What the API was seen to answer and does not take back as it is. */
export const oddities: ReadonlyArray<(reply: Reply) => Reply> = [
  (reply) => ({ ...reply, content: [think("Where do I stand?"), say(""), ...reply.content] }),
  (reply) => ({ ...reply, content: [say("\n\n"), ...reply.content, say(" ")] }),
  () => ({ content: [think("This takes long, and")], stopReason: "max_tokens" }),
  () => ({ content: [think("This takes long, and", "")], stopReason: "max_tokens" }),
  () => ({ content: [say("I look further.\n")], stopReason: "pause_turn" }),
  (reply) => ({ ...reply, content: [think("Half."), say(`A face: ${HALF_A_PAIR}`), ...reply.content] }),
  (reply) => reply
]

const said = ({ messages }: MessagesRequest): number => messages.flatMap(blocksOf).length

/** The policy, whose replies are odd in turn, by what was said so far. */
export const oddly =
  (policy: Policy): Policy =>
  (request) => {
    const odd = oddities[said(request) % oddities.length]
    const reply = policy(request)
    return odd === undefined ? reply : odd(reply)
  }
