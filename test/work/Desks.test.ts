import { assert, describe, it } from "@effect/vitest"
import type { GitReason } from "../../src/git/GitError.ts"
import { GitError } from "../../src/git/GitError.ts"
import { IsolationFailed } from "../../src/tool/IsolationFailed.ts"
import { asFailed } from "../../src/work/Desks.ts"
import type { WorkError } from "../../src/work/Desks.ts"
import { noRoom } from "../../src/workspace/Saves.ts"
import { WorkspaceError } from "../../src/workspace/WorkspaceError.ts"

const git = (reason: GitReason) => new GitError({ operation: "fetch the repository", reason, detail: "it failed" })

const KINDS: ReadonlyArray<readonly [what: string, error: WorkError, kind: string]> = [
  ["Gitea is away", git("unreachable"), "outage"],
  ["another git holds a lock", git("locked"), "outage"],
  ["git has no room", git("full"), "refusal"],
  ["a workspace has no room", noRoom("acme/shop#7"), "refusal"],
  ["an answer is too long", git("excess"), "refusal"],
  ["the isolation does not start", new IsolationFailed({ why: "bwrap: no" }), "refusal"],
  ["a branch is protected", git("declined"), "person"],
  ["git is missing", git("absent"), "person"],
  ["a workspace cannot be made", new WorkspaceError({ subject: "acme/shop#7", detail: "nobody knows why" }), "person"]
]

describe("What keeps a session from its checkout", () => {
  it.each(KINDS)("%s", (_, error, kind) => {
    assert.strictEqual(asFailed(error).kind, kind)
  })
})
