import { Schema } from "effect"

/** What keeps a workspace from being made or saved, beside what git itself says. A person has to look at it. */
export class WorkspaceError extends Schema.TaggedError<WorkspaceError>()("WorkspaceError", {
  /** "owner/name#7" */
  subject: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `The workspace of ${this.subject}: ${this.detail}`
  }
}
