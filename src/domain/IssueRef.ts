import { Schema } from "effect"
import type { Issue } from "./Issue.ts"
import { priorityOf } from "./Priority.ts"
import { FullName } from "./Repository.ts"
import type { Repository } from "./Repository.ts"
import { TaskId } from "./Task.ts"

/** An issue by its key, and under the name its repository was last seen with. */
export const IssueRef = Schema.Struct({ taskId: TaskId, fullName: FullName })
export type IssueRef = typeof IssueRef.Type

/** An issue as the task table knows it. */
export interface Subject {
  readonly repositoryId: number
  readonly number: number
  readonly fullName: FullName
  readonly title: string
  readonly priority: number
  /** A hash of its text, where that was read through the API. */
  readonly text?: string
}

export const subjectOf = (repository: Repository, issue: Issue): Subject => ({
  repositoryId: repository.id,
  number: issue.number,
  fullName: repository.fullName,
  title: issue.title,
  priority: priorityOf(issue.labels)
})
