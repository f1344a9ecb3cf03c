import { Schema } from "effect"

/** What keeps a workspace from being made or saved, beside what git itself says. A person has to look at it. */
export class WorkspaceError extends Schema.TaggedError<WorkspaceError>()("WorkspaceError", {
  /** "owner/name#7" */
  subject: Schema.String,
  detail: Schema.String,
  /** Whether it passes by itself or once there is room, or lasts as long as the files are what they are. Without: nobody knows. */
  outlook: Schema.optionalKey(Schema.Literals(["passing", "lasting"]))
}) {
  override get message() {
    return `The workspace of ${this.subject}: ${this.detail}`
  }
}
