import type { Block } from "./Reply.ts"
import type { Message } from "./Transcript.ts"

type Json = Block[string]

const isThinking = ({ type }: Block): boolean => type === "thinking" || type === "redacted_thinking"

/** Thinking that was cut has no signature. Hidden thinking has its data in the place of one. */
const isProven = ({ signature, data, type }: Block): boolean => {
  const proof = type === "thinking" ? signature : data
  return typeof proof === "string" && proof !== ""
}

const isBlank = ({ type, text }: Block): boolean => type === "text" && typeof text === "string" && text.trim() === ""

/** Half a surrogate pair anywhere makes the whole request unreadable. */
const wellFormed = (value: Json): Json => {
  if (typeof value === "string") return value.isWellFormed() ? value : value.toWellFormed()
  if (Array.isArray(value)) return value.map(wellFormed)
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key.toWellFormed(), wellFormed(item)]))
}

const withObjectInput = (block: Block): Block => {
  const { input, type } = block
  if (type !== "tool_use" || (typeof input === "object" && input !== null && !Array.isArray(input))) return block
  return { ...block, input: {} }
}

const cleanBlock = (block: Block, keepsThinking: boolean): ReadonlyArray<Block> => {
  if (isThinking(block)) return keepsThinking && isProven(block) ? [block] : []
  // Signed byte for byte: sent as it is.
  if (block["type"] === "compaction") return [block]
  return isBlank(block)
    ? []
    : [Object.fromEntries(Object.entries(withObjectInput(block)).map(([key, item]) => [key, wellFormed(item)]))]
}

/** Of the model's own words: thinking that nothing follows is not taken back, and neither is white space at the end. */
const cleanEnd = (content: ReadonlyArray<Block>): ReadonlyArray<Block> => {
  const kept = content.slice(0, content.findLastIndex((block) => !isThinking(block)) + 1)
  const last = kept.at(-1)
  const text = last?.["text"]
  return last?.["type"] === "text" && typeof text === "string"
    ? [...kept.slice(0, -1), { ...last, text: text.trimEnd() }]
    : kept
}

/**
 * What the API takes back of what it gave. The journal keeps replies verbatim; a request is built from this view. Every message is
 * cleaned by itself, so that later requests begin as earlier ones did. Thinking is left out of the first `thinkingFrom` messages.
 * Messages that become empty are left out, and neighbours of one role become one.
 */
export const cleanView = (messages: ReadonlyArray<Message>, thinkingFrom: number): ReadonlyArray<Message> => {
  const view: Array<Message> = []
  for (const [index, { role, content }] of messages.entries()) {
    const blocks = content.flatMap((block) => cleanBlock(block, index >= thinkingFrom))
    const kept = role === "assistant" ? cleanEnd(blocks) : blocks
    const before = view.at(-1)
    if (kept.length === 0) continue
    if (before?.role === role) view[view.length - 1] = { role, content: [...before.content, ...kept] }
    else view.push({ role, content: kept })
  }
  return view
}

/** Whether the view still holds thinking. */
export const hasThinking = (messages: ReadonlyArray<Message>, thinkingFrom: number): boolean =>
  cleanView(messages, thinkingFrom).some(({ content }) => content.some(isThinking))
