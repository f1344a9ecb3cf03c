import { Data } from "effect"

/** What became of an answer that was to be written. */
export type AnswerFate = Data.TaggedEnum<{
  /** It is on the issue. */
  Stands: {}
  /** It is not, and is tried again. */
  Waits: { readonly why: string }
  /** It never will be: nobody wants it any more, or it cannot be written, which a person has to see to. */
  Lost: { readonly to: "cancelled" | "parked"; readonly why: string }
}>
export const AnswerFate = Data.taggedEnum<AnswerFate>()
