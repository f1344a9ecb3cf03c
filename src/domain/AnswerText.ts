import { escapeMarkdown } from "./Comment.ts"
import type { TaskState } from "./TaskState.ts"

/** The text of the final comment. It is the model's, written for people: kept as Markdown, with what could act on Gitea disarmed. */
export const answerText = (answer: string, state: TaskState): string =>
  state === "parked"
    ? `${escapeMarkdown(answer)}\n\n*This needs a person. Assign the bot again when it can continue.*`
    : escapeMarkdown(answer)
