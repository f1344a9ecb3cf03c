import type { GitReason } from "../git/GitError.ts"
import type { SaveError } from "./Snapshots.ts"

/** What has nothing to do with the files that are to be saved. */
const PASSING: ReadonlyArray<GitReason> = ["full", "absent", "moved"]

/**
 * Pure: whether work that could not be saved can be saved later as it is ("passing": Gitea is away, there is no room, the isolation
 * does not start), can never be ("lasting"), or nobody knows.
 */
export const outlookOf = (error: SaveError): "passing" | "lasting" | "unknown" => {
  switch (error._tag) {
    case "IsolationFailed":
      return "passing"
    case "WorkspaceError":
      return error.outlook ?? "unknown"
    case "GitError":
      return error.retryable || PASSING.includes(error.reason) ? "passing" : "unknown"
  }
}
