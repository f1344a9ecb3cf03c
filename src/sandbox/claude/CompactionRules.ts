import { Option } from "effect"
import { invalid } from "./ApiError.ts"
import type { ApiError } from "./ApiError.ts"
import type { Operation } from "./Fault.ts"
import type { ContentBlock, MessagesRequest } from "./MessagesRequest.ts"
import { blocksOf } from "./MessagesRequest.ts"
import { COMPACTION_BETA } from "./Models.ts"
import type { ClaudeModel } from "./Models.ts"

/** A request with what its rules depend on. */
export interface Checked {
  readonly operation: Operation
  readonly request: MessagesRequest
  readonly betas: ReadonlyArray<string>
  readonly model: ClaudeModel
}

const KEYS = ["type", "content", "encrypted_content", "signature"]

const isCompaction = ({ type }: ContentBlock): boolean => type === "compaction"

/** The compaction block that the conversation starts with, where a client must put it. */
export const firstSummary = ({ messages: [first] }: MessagesRequest): Option.Option<ContentBlock> =>
  first?.role === "assistant" ? Option.filter(Option.fromNullishOr(blocksOf(first)[0]), isCompaction) : Option.none()

/** Whether the conversation starts with a compaction block. */
export const startsWithSummary = (request: MessagesRequest): boolean => Option.isSome(firstSummary(request))

const broken = (is: boolean, message: string, code?: string): Option.Option<ApiError> =>
  is ? Option.some(invalid(message, code)) : Option.none()

const blockShape = (block: ContentBlock): Option.Option<ApiError> => {
  const keys = Object.keys(block)
  const extra = keys.find((key) => !KEYS.includes(key) && key !== "cache_control")
  const absent = KEYS.find((key) => !keys.includes(key))
  return Option.firstSomeOf([
    broken(extra !== undefined, `messages.0.content.0.compaction.${extra}: Extra inputs are not permitted`),
    broken(absent !== undefined, `messages.0.content.0.compaction.${absent}: Field required`)
  ])
}

/** Rules for a request that carries a block from an earlier compaction. */
const carrying = ({ request, betas, model }: Checked): ReadonlyArray<Option.Option<ApiError>> => {
  const blocks = request.messages.flatMap(blocksOf).filter(isCompaction)
  if (blocks.length === 0) return []
  return [
    broken(!betas.includes(COMPACTION_BETA), `messages: compaction blocks need the beta ${COMPACTION_BETA}`),
    broken(!model.compaction, `messages: ${model.id} does not support compaction`),
    broken(blocks.length > 1, "messages: more than one compaction block", "compaction_block_ambiguous"),
    broken(!startsWithSummary(request), "messages: the compaction block must be first", "compaction_block_misplaced"),
    Option.flatMap(firstSummary(request), blockShape)
  ]
}

const incompatible = (request: MessagesRequest): string | undefined => {
  if (request.context_management !== undefined) return "context_management"
  if (request.stop_sequences !== undefined) return "stop_sequences"
  if (request.output_config?.format !== undefined) return "output_config.format"
  return request.tool_choice?.type === "any" || request.tool_choice?.type === "tool" ? "tool_choice" : undefined
}

/** Rules for a request that asks for a compaction. */
const asking = ({ operation, request, betas, model }: Checked): ReadonlyArray<Option.Option<ApiError>> => {
  if (operation !== "compact") return []
  const other = incompatible(request)
  const said = request.messages.flatMap(blocksOf).filter((block) => !isCompaction(block))
  const last = request.messages.at(-1)
  const open = last?.role === "assistant" && blocksOf(last).some(({ type }) => type === "tool_use")
  return [
    broken(!betas.includes(COMPACTION_BETA), "compaction: Extra inputs are not permitted"),
    broken(!model.compaction, `compaction: ${model.id} does not support compaction`),
    broken(other !== undefined, `compaction: cannot be combined with ${other}`),
    broken(said.length === 0, "compaction: there is nothing to summarize", "compaction_nothing_to_summarize"),
    broken(open, "compaction: the last turn has an unanswered tool_use", "compaction_incomplete_turn")
  ]
}

/** The rules of on-demand compaction (beta `compact-2026-09-04`), each with the fault that it finds. */
export const compactionRules = (checked: Checked): ReadonlyArray<Option.Option<ApiError>> => [
  ...asking(checked),
  ...carrying(checked)
]
