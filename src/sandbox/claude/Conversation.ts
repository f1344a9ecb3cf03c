import { Predicate } from "effect"
import { blocksOf } from "./MessagesRequest.ts"
import type { ContentBlock, MessagesRequest } from "./MessagesRequest.ts"

const TITLE_LENGTH = 120

/** What a tool answered, with the name that the call gave it. */
export interface ToolResult {
  readonly name: string
  readonly text: string
  readonly isError: boolean
}

/** A place in a paged list, as "page 3 of 5" names it; `of` is null where only "page 3" is said. */
export interface Page {
  readonly page: number
  readonly of: number | null
}

const partText = (part: unknown): string =>
  Predicate.hasProperty(part, "text") && typeof part.text === "string" ? part.text : ""

/** What a block says: its text, a tool's result, or the summary of a compaction. */
export const textOf = ({ text, content }: ContentBlock): string => {
  if (text !== undefined) return text
  if (typeof content === "string") return content
  return Array.isArray(content) ? content.map(partText).join("\n") : ""
}

const blocks = ({ messages }: MessagesRequest, role: "user" | "assistant"): ReadonlyArray<ContentBlock> =>
  messages.filter((message) => message.role === role).flatMap(blocksOf)

const ofType = (type: string) => (block: ContentBlock) => block.type === type

/** Every tool call in the request, oldest first. */
export const toolUses = (request: MessagesRequest): ReadonlyArray<ContentBlock> =>
  blocks(request, "assistant").filter(ofType("tool_use"))

/** Every tool result in the request, oldest first; the name is empty where its call was summarised away. */
export const toolResults = (request: MessagesRequest): ReadonlyArray<ToolResult> => {
  const names = new Map(toolUses(request).map(({ id, name }) => [id, name]))
  return blocks(request, "user")
    .filter(ofType("tool_result"))
    .map((block) => ({
      name: names.get(block.tool_use_id) ?? "",
      text: textOf(block),
      isError: block.is_error ?? false
    }))
}

/** The readable summary that the conversation starts with, or null. */
export const summaryOf = (request: MessagesRequest): string | null => {
  const block = blocks(request, "assistant").find(ofType("compaction"))
  return block === undefined ? null : textOf(block)
}

/** What the user said, without results of tools, oldest first. */
export const userTexts = (request: MessagesRequest): ReadonlyArray<string> =>
  blocks(request, "user").filter(ofType("text")).map(textOf)

/** The newest text of the model, or an empty string. */
export const lastAssistantText = (request: MessagesRequest): string =>
  textOf(blocks(request, "assistant").findLast(ofType("text")) ?? { type: "text" })

const pages = (text: string): ReadonlyArray<Page> =>
  [...text.matchAll(/\bpage (\d+)(?: of (\d+))?/gi)].map(([, page, of]) => ({
    page: Number(page),
    of: of === undefined ? null : Number(of)
  }))

/**
 * The largest "page N" in what the model was told: results of tools (their first mention only, because the rest is written by
 * strangers), user text and the summary. What the model says itself does not count: a call it announced may have failed.
 */
export const lastPage = (request: MessagesRequest): Page | null => {
  const told = [...userTexts(request), summaryOf(request) ?? ""].flatMap(pages)
  const read = toolResults(request)
    .filter(({ isError }) => !isError)
    .flatMap(({ text }) => pages(text).slice(0, 1))
  const order = (page: Page) => page.page + (page.of === null ? 0 : 0.5)
  return [...told, ...read].reduce<Page | null>(
    (largest, next) => (largest === null || order(next) >= order(largest) ? next : largest),
    null
  )
}

const TITLES = [
  /^=+ title\n(.+)$/m,
  /^\W*(?:issue )?title\W*:\W*(.+)$/im,
  /\bissue\b[^\n]*?#\d+[\s:,]+(.+)/i,
  /^#{1,3} +(.+)$/m,
  /^\s*(\S.*)$/m
]

/** All that the conversation was told, with what an earlier summary carried on. */
const toldIn = (request: MessagesRequest): string => [summaryOf(request) ?? "", ...userTexts(request)].join("\n")

const NAME = /\bIssue (\S+#\d+)/

/** The issue that the conversation is about, as `owner/name#7`; it stays what it is, whatever people write. */
export const issueName = (request: MessagesRequest): string => NAME.exec(toldIn(request))?.[1] ?? ""

/** The title of the issue that the conversation is about, in the usual ways to put it; else its first line. */
export const issueTitle = (request: MessagesRequest): string => {
  const text = toldIn(request)
  const title = TITLES.map((pattern) => pattern.exec(text)?.[1]).find(Predicate.isNotUndefined) ?? ""
  return title.replace(/^["'`\s]+|["'`\s]+$/g, "").slice(0, TITLE_LENGTH)
}
