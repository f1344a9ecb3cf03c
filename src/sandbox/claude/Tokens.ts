import { Hash, Option, Schema } from "effect"
import type { MessagesRequest } from "./MessagesRequest.ts"

const CHARACTERS_PER_TOKEN = 4
/** Under automatic caching the last few tokens of a prompt are still billed as plain input. */
const UNCACHED_TOKENS = 3

/** Tokens of a request's input; the three add up to its count. */
export interface InputTokens {
  readonly input: number
  readonly cacheRead: number
  readonly cacheCreation: number
}

/** The start of a prompt up to the end of one message. */
interface Prefix {
  readonly key: string
  readonly characters: number
}

const toJson = Schema.encodeUnknownSync(Schema.fromJsonString(Schema.Unknown))

const toTokens = (characters: number): number => Math.ceil(characters / CHARACTERS_PER_TOKEN)

const prefixes = ({ model, system, tools, messages }: MessagesRequest): ReadonlyArray<Prefix> => {
  let hash = Hash.string(model)
  let characters = 0
  return [system ?? "", tools ?? "", ...messages].map((part) => {
    const text = part === "" ? "" : toJson(part)
    hash = Hash.combine(hash, Hash.string(text))
    characters += text.length
    return { key: `${hash}:${characters}`, characters }
  })
}

const count = (all: ReadonlyArray<Prefix>): number => toTokens(all.at(-1)?.characters ?? 0)

/** A quarter of the characters of the JSON of system, tools and messages. */
export const inputTokens = (request: MessagesRequest): number => count(prefixes(request))

/** A quarter of the characters of the JSON of the content. */
export const outputTokens = (content: unknown): number => toTokens(toJson(content).length)

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
  const known = toTokens(all.findLast(({ key }) => seen.has(key))?.characters ?? 0)
  const cacheRead = Math.min(known, total - input)
  return { input, cacheRead, cacheCreation: total - input - cacheRead }
}
