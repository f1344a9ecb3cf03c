import {
  issueName,
  issueTitle,
  lastAssistantText,
  lastPage,
  summaryOf,
  toolResults,
  toolUses,
  userTexts
} from "./Conversation.ts"
import type { MessagesRequest } from "./MessagesRequest.ts"

const OPENING_LENGTH = 200
const REPLY_LENGTH = 400
const END_OF_LIST = "no more comments"

const OPENING = /^It began: (.*)$/m

const opening = (request: MessagesRequest): string =>
  OPENING.exec(summaryOf(request) ?? "")?.[1] ??
  (userTexts(request)[0] ?? "").replace(/\s+/g, " ").slice(0, OPENING_LENGTH)

const toolsUsed = (request: MessagesRequest): string => {
  const counts = toolUses(request).reduce(
    (seen, { name = "" }) => seen.set(name, (seen.get(name) ?? 0) + 1),
    new Map<string, number>()
  )
  return [...counts].map(([name, times]) => `${name} (${times})`).join(", ")
}

const pageRead = (request: MessagesRequest): string | null => {
  const last = lastPage(request)
  if (last === null) return null
  return `Last tool result: page ${last.page}${last.of === null ? "" : ` of ${last.of}`}`
}

/** Whether the whole list was read, according to the results of tools or to an earlier summary. */
export const sawEndOfList = (request: MessagesRequest): boolean =>
  (summaryOf(request) ?? "").includes(END_OF_LIST) ||
  toolResults(request).some(({ text, isError }) => !isError && text.includes(END_OF_LIST))

/** A short summary of what was really said; an earlier summary in the request is carried on, so that nothing grows. */
export const summarise = (request: MessagesRequest): string => {
  const tools = toolsUsed(request)
  const reply = lastAssistantText(request).replace(/\s+/g, " ").slice(0, REPLY_LENGTH)
  return [
    "Summary of the conversation so far.",
    `Issue ${issueName(request)}`,
    `Issue title: ${issueTitle(request)}`,
    `It began: ${opening(request)}`,
    tools === "" ? null : `Tools used since the last summary: ${tools}`,
    pageRead(request),
    sawEndOfList(request) ? `There are ${END_OF_LIST}.` : null,
    reply === "" ? null : `Last reply: ${reply}`
  ]
    .filter((line) => line !== null)
    .join("\n")
}
