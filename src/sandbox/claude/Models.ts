import { Result } from "effect"
import { notFound } from "./ApiError.ts"
import type { ApiError } from "./ApiError.ts"

/** The beta that shows, allows and understands on-demand compaction. */
export const COMPACTION_BETA = "compact-2026-09-04"
export const MAX_OUTPUT_TOKENS = 4_096

/**
 * `window` in tokens of input; `compaction`: whether the model can summarise on demand; `addsOutput`: whether it refuses a request
 * whose input and output together may be more than the window, as older models do.
 */
export interface ClaudeModel {
  readonly id: string
  readonly window: number
  readonly compaction: boolean
  readonly addsOutput: boolean
  /** How many tokens it makes of what is one to the others. */
  readonly density: number
}

const models: ReadonlyArray<ClaudeModel> = [
  { id: "claude-sandbox", window: 200_000, compaction: true, addsOutput: false, density: 1 },
  { id: "claude-sandbox-small", window: 8_000, compaction: true, addsOutput: false, density: 1 },
  { id: "claude-sandbox-tiny", window: 2_000, compaction: true, addsOutput: false, density: 1 },
  { id: "claude-sandbox-plain", window: 8_000, compaction: false, addsOutput: false, density: 1 },
  { id: "claude-sandbox-older", window: 8_000, compaction: false, addsOutput: true, density: 1 },
  { id: "claude-sandbox-dense", window: 60_000, compaction: true, addsOutput: false, density: 3 }
]

/** A model by its id; 404 where there is none. */
export const findModel = (id: string): Result.Result<ClaudeModel, ApiError> =>
  Result.fromNullishOr(
    models.find((model) => model.id === id),
    () => notFound(`model: ${id}`)
  )

export const densityOf = (id: string): number => models.find((model) => model.id === id)?.density ?? 1

/** Body of `GET /v1/models/{id}`. The capability is listed only where the beta was asked for. */
export const modelInfo = ({ id, window, compaction }: ClaudeModel, betas: ReadonlyArray<string>) => ({
  type: "model",
  id,
  display_name: id,
  created_at: "2026-09-04T00:00:00Z",
  lifecycle: "active",
  deprecated_at: null,
  retires_at: null,
  line: null,
  allowed_fallback_models: [],
  max_input_tokens: window,
  max_tokens: MAX_OUTPUT_TOKENS,
  capabilities: betas.includes(COMPACTION_BETA)
    ? { compaction: { supported: compaction, summarize: { supported: compaction } } }
    : {}
})
