import { isPullRequest } from "../domain/Issue.ts"
import { mentions } from "../domain/Mention.ts"
import { isAllowed } from "../domain/Repository.ts"
import { taskIdOf } from "../domain/Task.ts"
import type { TaskId } from "../domain/Task.ts"
import { isBot } from "../domain/User.ts"
import type { Bot } from "../domain/User.ts"
import type { Incoming } from "./Incoming.ts"

const NOT_TO_US = "the comment does not mention the bot"
const PULL_REQUESTS = "pull requests are not handled"

const NOT_ALLOWED = "repository is not in GITEA_REPOSITORIES"

/** Whom a delivery must concern. */
export interface Scope {
  readonly bot: Bot
  readonly repositories: ReadonlyArray<string>
  /** Whether the issue itself can be looked at. */
  readonly canLook: boolean
}

/** A delivery, and what it says about us. */
export interface Screened extends Omit<Incoming, "issue"> {
  /** The issue it is about; `assigned` when the bot is among the assignees. */
  readonly subject: { readonly taskId: TaskId; readonly fullName: string; readonly assigned: boolean } | null
  /** Why it is not for us, whatever the store says; null when it may be. */
  readonly ignored: string | null
}

const subjectOf = ({ issue: event }: Incoming, bot: Bot): Screened["subject"] =>
  event === null
    ? null
    : {
        taskId: taskIdOf(event.repository.id, event.issue.number),
        fullName: event.repository.fullName,
        assigned: event.issue.assignees.some((user) => isBot(bot, user))
      }

/** A comment tells nothing by itself: it is a reason to look where the issue is the bot's, or where it speaks to the bot. */
const concerns = ({ issue }: Incoming, { bot, canLook }: Scope): boolean =>
  canLook &&
  issue !== null &&
  "comment" in issue &&
  (issue.issue.assignees.some((user) => isBot(bot, user)) || mentions(issue.comment.body, bot.login))

const reasonToIgnore = (incoming: Incoming, scope: Scope): string | null => {
  const { action, event, issue } = incoming
  const { bot, repositories } = scope
  if (event === "pull_request") return PULL_REQUESTS
  if (event === "issue_comment" && !concerns(incoming, scope)) return NOT_TO_US
  if (event !== "issues" && event !== "issue_comment") return `event ${event} is not handled`
  if (issue === null) return `action ${action} is not handled`
  if (isPullRequest(issue.issue)) return PULL_REQUESTS
  if (!isAllowed(repositories, issue.repository.fullName)) return NOT_ALLOWED
  return isBot(bot, issue.sender) ? "the bot's own action" : null
}

export const screen = (incoming: Incoming, scope: Scope): Screened => {
  const { issue: _, ...rest } = incoming
  return { ...rest, subject: subjectOf(incoming, scope.bot), ignored: reasonToIgnore(incoming, scope) }
}

/** The issue that a delivery says is closed or gone; whosever it is, others may wait for that. */
export const closedIn = ({ action, event, subject }: Screened): ReadonlyArray<TaskId> =>
  event === "issues" && subject !== null && (action === "closed" || action === "deleted") ? [subject.taskId] : []

/** What whoever assigned the bot in vain has to know. */
export const ADVICE_NOT_ALLOWED =
  "the bot was assigned in a repository that is not in GITEA_REPOSITORIES: add the repository there and restart, or take the bot off the issue"

/** The repository of a delivery by which the bot is asked for work where it may not be; null where it is not. */
export const askedInVain = ({ ignored, subject }: Screened): string | null =>
  ignored === NOT_ALLOWED && subject !== null && subject.assigned ? subject.fullName : null
