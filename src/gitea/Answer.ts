import { Option, Result, Schema, SchemaIssue } from "effect"

/** What the text of an answer gave. */
export type Reading<A> =
  /** `leftOut`: elements of its lists that are null or could not be read. */
  | { readonly _tag: "Read"; readonly value: A; readonly leftOut: number }
  /** It is Gitea's, of the right outer shape, and one of its fields cannot be read: its path. */
  | { readonly _tag: "Unreadable"; readonly field: string }
  /** Not what Gitea's API sends: it comes from somewhere else. */
  | { readonly _tag: "Foreign" }

/** How an answer is read. */
export type Answer<A> = (text: string) => Reading<A>

export type JsonObject = Readonly<Record<string, unknown>>

const FOREIGN: Reading<never> = { _tag: "Foreign" }

const parse = Schema.decodeUnknownOption(Schema.fromJsonString(Schema.Unknown))
const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

const isObject = (json: unknown): json is JsonObject =>
  typeof json === "object" && json !== null && !Array.isArray(json)

/** The path of the first fault, and nothing else of it: what was sent may be anybody's text. */
const fieldOf = ({ issue }: Schema.SchemaError): string =>
  (issuesOf(issue).issues[0]?.path ?? []).map((key) => String(typeof key === "object" ? key.key : key)).join(".")

export const read = <A>(value: A, leftOut = 0): Reading<A> => ({ _tag: "Read", value, leftOut })
export const unreadable = (field: string): Reading<never> => ({ _tag: "Unreadable", field })

/** An answer whose text says nothing that is used. */
export const unread: Answer<void> = () => read(undefined)

/** One thing, where `of` reads the object that it is. */
export const objectBy =
  <A>(of: (json: JsonObject) => Reading<A>): Answer<A> =>
  (text) => {
    const json = Option.getOrNull(parse(text))
    return isObject(json) ? of(json) : FOREIGN
  }

/** One thing by its schema. */
export const decoded =
  <A>(schema: Schema.Codec<A, unknown>) =>
  (json: unknown): Reading<A> =>
    Result.match(Schema.decodeUnknownResult(schema)(json), {
      onSuccess: (value) => read(value),
      onFailure: (error) => unreadable(fieldOf(error))
    })

export const objectOf = <A>(schema: Schema.Codec<A, unknown>): Answer<A> => objectBy(decoded(schema))

/**
 * A list, or null for an empty one (a nil slice in Go). Each element is read for itself: real ones hold a null where what an entry
 * tells of was deleted.
 */
export const listOf =
  <A>(element: Schema.Codec<A, unknown>): Answer<ReadonlyArray<A>> =>
  (text) => {
    const json = Option.getOrUndefined(parse(text))
    if (json === null) return read([])
    if (!Array.isArray(json)) return FOREIGN
    const elements = json.flatMap((one) => Option.toArray(Schema.decodeUnknownOption(element)(one)))
    return read(elements, json.length - elements.length)
  }
