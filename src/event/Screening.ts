import type { IssueEvent } from "../domain/GiteaEvent.ts"
import { isPullRequest } from "../domain/Issue.ts"
import { isAllowed } from "../domain/Repository.ts"
import { isBot } from "../domain/User.ts"
import type { Bot } from "../domain/User.ts"

/** A delivery in our own names. Other kinds than issue events are known by name only. */
export interface WebhookEvent {
  readonly event: string
  readonly action: string | null
  readonly issue: IssueEvent | null
}

const PULL_REQUESTS = "pull requests are not handled"

/** Why a delivery is not for us, whatever the store says; null when it may be. */
export const screen = (
  { action, event, issue }: WebhookEvent,
  { bot, repositories }: { readonly bot: Bot; readonly repositories: ReadonlyArray<string> }
): string | null => {
  if (event === "pull_request") return PULL_REQUESTS
  if (event !== "issues") return `event ${event} is not handled`
  if (issue === null) return `action ${action} is not handled`
  if (isPullRequest(issue.issue)) return PULL_REQUESTS
  if (!isAllowed(repositories, issue.repository.fullName)) return "repository is not in GITEA_REPOSITORIES"
  return isBot(bot, issue.sender) ? "the bot's own action" : null
}
