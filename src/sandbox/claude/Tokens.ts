import { Hash, Option, Schema } from "effect"
import type { MessagesRequest } from "./MessagesRequest.ts"
import { densityOf } from "./Models.ts"

/** A token has four Latin letters. Of other scripts a character is more than a token. */
const QUARTERS = 4
const QUARTERS_OF_OTHERS = 5
const LAST_OF_LATIN = 0x24f
/** Under automatic caching the last few tokens of a prompt are still billed as plain input. */
const UNCACHED_TOKENS = 3

/** Tokens of a request's input; the three add up to its count. */
export interface InputTokens {
  readonly input: number
  readonly cacheRead: number
  readonly cacheCreation: number
}

/** The start of a prompt up to the end of one message, and how long it is in quarters of a token. */
interface Prefix {
  readonly key: string
  readonly quarters: number
}

const toJson = Schema.encodeUnknownSync(Schema.fromJsonString(Schema.Unknown))

const toTokens = (quarters: number): number => Math.ceil(quarters / QUARTERS)

const quartersOf = (text: string): number => {
  let quarters = 0
  for (let index = 0; index < text.length; index++) {
    quarters += text.charCodeAt(index) > LAST_OF_LATIN ? QUARTERS_OF_OTHERS : 1
  }
  return quarters
}

const prefixes = ({ model, system, tools, messages }: MessagesRequest): ReadonlyArray<Prefix> => {
  let hash = Hash.string(model)
  const density = densityOf(model)
  let quarters = 0
  return [system ?? "", tools ?? "", ...messages].map((part) => {
    const text = part === "" ? "" : toJson(part)
    hash = Hash.combine(hash, Hash.string(text))
    quarters += quartersOf(text) * density
    return { key: `${hash}:${quarters}`, quarters }
  })
}

const count = (all: ReadonlyArray<Prefix>): number => toTokens(all.at(-1)?.quarters ?? 0)

/** By the characters of the JSON of system, tools and messages. */
export const inputTokens = (request: MessagesRequest): number => count(prefixes(request))

/** By the characters of the JSON of the content. */
export const outputTokens = (content: unknown): number => toTokens(quartersOf(toJson(content)))

const isCached = ({ cache_control }: MessagesRequest): boolean => (cache_control ?? null) !== null

/** Names the whole prompt, for a later request that begins with it; none unless the request asks for automatic caching. */
export const cacheKey = (request: MessagesRequest): Option.Option<string> =>
  isCached(request) ? Option.map(Option.fromNullishOr(prefixes(request).at(-1)), ({ key }) => key) : Option.none()

/** Splits the count by what was `seen` before (cache keys); all plain input unless the request asks for automatic caching. */
export const splitInput = (request: MessagesRequest, seen: ReadonlySet<string>): InputTokens => {
  const all = prefixes(request)
  const total = count(all)
  if (!isCached(request)) return { input: total, cacheRead: 0, cacheCreation: 0 }
  const input = Math.min(UNCACHED_TOKENS, total)
  const known = toTokens(all.findLast(({ key }) => seen.has(key))?.quarters ?? 0)
  const cacheRead = Math.min(known, total - input)
  return { input, cacheRead, cacheCreation: total - input - cacheRead }
}
