import { Option, Predicate } from "effect"
import { invalid } from "./ApiError.ts"
import type { ApiError } from "./ApiError.ts"
import type { Checked } from "./CompactionRules.ts"
import { blocksOf } from "./MessagesRequest.ts"
import type { ContentBlock, InputMessage, MessagesRequest } from "./MessagesRequest.ts"

/** Where a block of thinking stands in a request. */
export interface ThinkingPlace {
  readonly place: string
  readonly thinking: string
  readonly signature: string
}

const isThinking = ({ type }: ContentBlock): boolean => type === "thinking" || type === "redacted_thinking"
const textOf = ({ text }: ContentBlock): string => text ?? ""

/** Whether a text half of whose surrogate pair is missing is anywhere in it: then it is no JSON to the API. */
const isReadable = (value: unknown): boolean => {
  if (typeof value === "string") return value.isWellFormed()
  if (Array.isArray(value)) return value.every(isReadable)
  return !Predicate.isObject(value) || Object.entries(value).every(([key, item]) => isReadable(key) && isReadable(item))
}

const blockFault = (block: ContentBlock, place: string): string | null => {
  switch (block.type) {
    case "text":
      if (textOf(block) === "") return "messages: text content blocks must be non-empty"
      return textOf(block).trim() === "" ? "messages: text content blocks must contain non-whitespace text" : null
    case "thinking":
      return block.signature === undefined || block.signature === null || block.signature === ""
        ? `${place}.thinking.signature: Field required`
        : null
    case "tool_use":
      return Predicate.isObject(block.input) && !Array.isArray(block.input)
        ? null
        : `${place}.tool_use.input: Input should be a valid dictionary`
    default:
      return null
  }
}

const messageFault = (message: InputMessage, index: number): string | null => {
  const blocks = blocksOf(message)
  if (blocks.length === 0) return "messages: all messages must have non-empty content"
  const fault = blocks
    .map((block, at) => blockFault(block, `messages.${index}.content.${at}`))
    .find(Predicate.isNotNull)
  if (fault !== undefined) return fault
  const last = blocks.at(-1)
  return message.role === "assistant" && last !== undefined && isThinking(last)
    ? `messages.${index}: The final block in an assistant message cannot be \`${last.type}\`.`
    : null
}

const endFault = ({ messages }: MessagesRequest): string | null => {
  const last = messages.at(-1)
  const block = last?.role === "assistant" ? blocksOf(last).at(-1) : undefined
  return block?.type === "text" && textOf(block) !== textOf(block).trimEnd()
    ? "messages: final assistant content cannot end with trailing whitespace"
    : null
}

const repeatedCall = ({ messages }: MessagesRequest): string | null => {
  const ids = messages.flatMap(blocksOf).flatMap(({ type, id }) => (type === "tool_use" ? [id] : []))
  return new Set(ids).size === ids.length ? null : "messages: `tool_use` ids must be unique"
}

/** What the API does not take back in a conversation, though it may have given it. */
export const contentRules = ({ request }: Checked): ReadonlyArray<Option.Option<ApiError>> =>
  [
    isReadable(request) ? null : "The request body is not valid JSON: no low surrogate in string",
    ...request.messages.map(messageFault),
    endFault(request),
    repeatedCall(request)
  ].map((fault) => Option.map(Option.fromNullishOr(fault), (message) => invalid(message)))

/** All thinking of a request, the signatures of which are checked apart. */
export const thinkingOf = ({ messages }: MessagesRequest): ReadonlyArray<ThinkingPlace> =>
  messages.flatMap((message, index) =>
    blocksOf(message).flatMap((block, at) =>
      block.type === "thinking"
        ? [
            {
              place: `messages.${index}.content.${at}`,
              thinking: typeof block["thinking"] === "string" ? block["thinking"] : "",
              signature: block.signature ?? ""
            }
          ]
        : []
    )
  )
