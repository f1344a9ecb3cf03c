import { sawEndOfList } from "./Compaction.ts"
import { issueTitle, lastPage, toolResults } from "./Conversation.ts"
import type { MessagesRequest } from "./MessagesRequest.ts"
import type { Reply } from "./Reply.ts"

const PAGES_PER_REPORT = 3

const say = (text: string) => ({ type: "text", text }) as const

const placeOf = (page: number, of: number | null): string => `page ${page}${of === null ? "" : ` of ${of}`}`

const read = (title: string, last: number): Reply => ({
  content: [
    say(
      last === 0
        ? `The issue "${title}" has a discussion that I have not seen yet. Before I plan anything I read all of it, oldest ` +
            "comments first, because the people who know the problem best often say in passing what they really need, and " +
            "later comments may take back what earlier ones asked for. I begin at the start of the list."
        : `I have read the comments up to page ${last}. I keep decisions, numbers and names apart from the discussion around ` +
            "them, and note which requests were answered by somebody else in the meantime. So far nothing ends the question, " +
            `and "${title}" can still turn out to ask for something smaller than it seems. I go on with the next ten comments.`
    ),
    { type: "tool_use", name: "read_comments", input: { page: last + 1 } }
  ]
})

const report = (title: string, page: number, of: number | null): Reply => ({
  content: [
    say(
      `This is a good moment to tell where the work stands: I have read ${placeOf(page, of)} of the discussion about ` +
        `"${title}". What was decided so far holds together, and I have seen no reason to stop or to ask back. I report ` +
        "that, so that whoever waits for the answer can see the work moving, and then read on."
    ),
    {
      type: "tool_use",
      name: "progress",
      input: { done: `Read the comments up to ${placeOf(page, of)}`, next: "Read the comments that follow" }
    }
  ]
})

const answer = (title: string, page: number): string =>
  [
    "## Analysis",
    `I read the issue "${title}" and its whole discussion (${page} ${page === 1 ? "page" : "pages"} of comments). The ` +
      "request is clear enough to be worked on: the comments add details and examples, and none of them takes the request back.",
    "Most of the comments describe the same problem from different sides. Where they differ, the later ones are more " +
      "precise, so the plan follows those and keeps the earlier ones as examples to check the result against.",
    "## Plan",
    [
      "1. Write a test that shows the problem as the issue describes it.",
      "2. Make the smallest change that lets the test pass.",
      "3. Check the examples from the comments one by one, and add those that fail as further tests.",
      "4. Describe the change for its users, and close the issue."
    ].join("\n"),
    "## Risks",
    "The change touches behaviour that somebody may rely on. It should therefore be released with a note, and be easy to take back."
  ].join("\n\n")

const finish = (title: string, page: number): Reply => ({
  content: [
    say(
      "That was the last page. I have what I need: the request itself, the details that were added to it, and the examples to " +
        `check a solution against. I sum up what "${title}" asks for and how I would do it, so that somebody can agree or object ` +
        "before any code is written."
    ),
    { type: "tool_use", name: "finish", input: { answer: answer(title, page), status: "done" } }
  ]
})

/**
 * Plays an agent that reads the comments of an issue page by page (`read_comments`), reports after every third page
 * (`progress`) and ends with an analysis (`finish`). Where it stands follows from the request alone, so it goes on after a
 * compaction, in a new session that was handed the last page, and after a restart. Without the tool `read_comments` it only talks.
 */
export const readerAgent = (request: MessagesRequest): Reply => {
  const title = issueTitle(request)
  if (!(request.tools ?? []).some(({ name }) => name === "read_comments")) {
    return { content: [say(`I was asked about "${title}", and have no tool to look further.`)] }
  }
  const { page, of } = lastPage(request) ?? { page: 0, of: null }
  const last = toolResults(request).at(-1)
  if (last?.name === "finish" && !last.isError) return { content: [say(`The work on "${title}" is done.`)] }
  if (sawEndOfList(request)) return finish(title, page)
  const due = page > 0 && page % PAGES_PER_REPORT === 0
  return due && last?.name === "read_comments" && !last.isError ? report(title, page, of) : read(title, page)
}
