import { Option } from "effect"
import { invalid } from "./ApiError.ts"
import type { ApiError } from "./ApiError.ts"
import { contentRules } from "./ContentRules.ts"
import { compactionRules, startsWithSummary } from "./CompactionRules.ts"
import type { Checked } from "./CompactionRules.ts"
import type { ContentBlock } from "./MessagesRequest.ts"
import { blocksOf } from "./MessagesRequest.ts"
import { MAX_OUTPUT_TOKENS } from "./Models.ts"
import { inputTokens } from "./Tokens.ts"

const ids = (blocks: ReadonlyArray<ContentBlock>, type: string): ReadonlyArray<string> =>
  blocks.flatMap((block) => (block.type === type ? [block.id ?? block.tool_use_id ?? ""] : []))

const missing = (wanted: ReadonlyArray<string>, found: ReadonlyArray<string>): string | undefined =>
  wanted.find((id) => !found.includes(id))

const maxTokens = ({ operation, request: { max_tokens }, model }: Checked): Option.Option<ApiError> => {
  if (operation === "count_tokens") return Option.none()
  if (max_tokens === undefined) return Option.some(invalid("max_tokens: Field required"))
  return max_tokens > MAX_OUTPUT_TOKENS
    ? Option.some(
        invalid(
          `max_tokens: ${max_tokens} > ${MAX_OUTPUT_TOKENS}, which is the maximum allowed number of output tokens for ${model.id}`
        )
      )
    : Option.none()
}

const firstMessage = ({ request }: Checked): Option.Option<ApiError> => {
  const [first] = request.messages
  if (first === undefined) return Option.some(invalid("messages: at least one message is required"))
  return first.role === "user" || startsWithSummary(request)
    ? Option.none()
    : Option.some(invalid('messages: first message must use the "user" role'))
}

/** Every `tool_use` is answered in the next message, and nothing else is. */
const toolPairs = ({ request: { messages } }: Checked): Option.Option<ApiError> => {
  const contents = messages.map(blocksOf)
  const faults = contents.flatMap((blocks, index) => {
    const unanswered = missing(ids(blocks, "tool_use"), ids(contents[index + 1] ?? [], "tool_result"))
    const unasked = missing(ids(blocks, "tool_result"), ids(contents[index - 1] ?? [], "tool_use"))
    return [
      ...(unasked === undefined
        ? []
        : [`messages.${index}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${unasked}`]),
      ...(unanswered === undefined
        ? []
        : [
            `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${unanswered}`
          ])
    ]
  })
  return Option.map(Option.fromNullishOr(faults[0]), (fault) => invalid(fault))
}

const overflow = ({ operation, request, model }: Checked): Option.Option<ApiError> => {
  const tokens = inputTokens(request)
  if (operation === "count_tokens") return Option.none()
  if (tokens > model.window) {
    return Option.some(invalid(`prompt is too long: ${tokens} tokens > ${model.window} maximum`))
  }
  const asked = request.max_tokens ?? 0
  return model.addsOutput && tokens + asked > model.window
    ? Option.some(
        invalid(
          `input length and \`max_tokens\` exceed context limit: ${tokens} + ${asked} > ${model.window}, decrease input length or \`max_tokens\` and try again`
        )
      )
    : Option.none()
}

/** The first rule that a request breaks. Signatures are checked apart, because that takes a key. */
export const validate = (checked: Checked): Option.Option<ApiError> =>
  Option.firstSomeOf([
    maxTokens(checked),
    ...compactionRules(checked),
    ...contentRules(checked),
    firstMessage(checked),
    toolPairs(checked),
    overflow(checked)
  ])
