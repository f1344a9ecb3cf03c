import { Schema } from "effect"
import type { PlatformError } from "effect"

/** Why git failed, as far as anything follows from it. */
export const GitReason = Schema.Literals([
  /** git is not installed, or too old. */
  "absent",
  /** Gitea, or the way to it, is out of order: it may pass by itself. */
  "unreachable",
  /** Gitea does not know the token. It was good a moment ago, when the API took it, so that may pass as well. */
  "unauthorized",
  /** Gitea does not let the bot do this. */
  "refused",
  /** The repository is not there, or not visible to the bot. */
  "missing",
  /** Gitea took the data and would not move the ref: a protected branch, an archived repository, a hook. */
  "declined",
  /** The ref is not where it was last seen: somebody else pushed. */
  "moved",
  /** Another git holds a lock of the repository. */
  "locked",
  /** The repository on disk cannot be read. */
  "damaged",
  /** No space is left on the disk. */
  "full",
  /** It took too long, or said too much. */
  "excess",
  "failed"
])
export type GitReason = typeof GitReason.Type

/** What went wrong with one run of git. `detail` is what git said, in one line and without a secret. */
export class GitError extends Schema.TaggedError<GitError>()("GitError", {
  operation: Schema.String,
  reason: GitReason,
  detail: Schema.String
}) {
  override get message() {
    const advice = ADVICE[this.reason]
    return `git: ${this.operation} failed: ${this.detail}${advice === undefined ? "" : `. ${advice}`}`
  }

  /** Whether it may pass by itself. */
  get retryable() {
    return PASSING.includes(this.reason)
  }
}

/** A file beside what git writes could not be written. */
export const notWritten = (operation: string) => (error: PlatformError.PlatformError) =>
  new GitError({ operation, reason: "full", detail: `a file could not be written (${error.reason._tag})` })

const PASSING: ReadonlyArray<GitReason> = ["unreachable", "unauthorized", "locked", "excess"]

const ADVICE: Partial<Record<GitReason, string>> = {
  unauthorized: "Set GITEA_TOKEN to a token of the bot that Gitea accepts, and look at any proxy before Gitea's git",
  absent: "Install git 2.38 or newer where the coordinator runs",
  refused:
    "Check the scopes of GITEA_TOKEN (read:user, write:issue, write:repository), the bot's access, and any proxy before Gitea",
  declined:
    "Let the bot push to branches that begin with mosaic/: see the branch protection of the repository, and its hooks",
  missing: "Add the bot to the repository as a collaborator",
  full: "Make room on the disk of AGENT_WORK_DIR"
}

/** The first that matches decides. The texts are git's own with LC_ALL=C, and those that Gitea's hooks send. */
const SIGNS: ReadonlyArray<readonly [pattern: RegExp, reason: GitReason]> = [
  [/No space left on device|Disk quota exceeded/i, "full"],
  [/stale info|\(fetch first\)|\(non-fast-forward\)|cannot lock ref .* is at .* but expected/i, "moved"],
  [/Unable to create '.*\.lock'|Another git process seems to be running|unable to lock/i, "locked"],
  [/pre-receive hook declined|update hook declined|protected branch|\[remote rejected\]|\bis archived\b/i, "declined"],
  [/could not read (Username|Password)|Authentication failed|error: 401\b/i, "unauthorized"],
  [/^remote: (Gitea: )?Forbidden|error: 403\b/im, "refused"],
  [/repository '.*' not found|Repository not found|error: 404\b/i, "missing"],
  // A push that is too large for a proxy, for instance.
  [/(error:|HTTP) 4(?!08|29)\d\d\b/i, "refused"],
  // What curl could not do, and answers that are not git's: a sign-in page, or one that was cut.
  [
    /unable to access 'https?:|early EOF|RPC failed|hung up|unexpected disconnect|not valid: is this a git repository|protocol error|bad line length|unable to update url base from redirection/i,
    "unreachable"
  ],
  [
    /not a git repository|bad config|object file .* is empty|loose object .* is corrupt|unable to read (tree|sha1|object)|missing (blob|tree|commit|object)|bad object|corrupt|inflate: data stream error|does not match index|pack has bad/i,
    "damaged"
  ]
]

/** `to`: what git spoke to. On this disk nothing is out of reach, though a pack that was cut there reads the same. */
export const reasonOf = (stderr: string, to: "gitea" | "disk"): GitReason => {
  const reason = SIGNS.find(([pattern]) => pattern.test(stderr))?.[1] ?? "failed"
  return reason === "unreachable" && to === "disk" ? "failed" : reason
}

const DETAIL_LENGTH = 300
/** Lines that say nothing of what went wrong. */
const NOISE =
  /^(hint:|warning:|Updating files|remote:( error:)? *$|To http|Everything up-to-date|error: failed to push some refs|\s*$)/
/** How the other side's lines begin. */
const REMOTE = /^remote: (error: )?(Gitea: )?/

/** What git said last of what went wrong: its fatal lines and those of the other side, in one line. */
export const detailOf = (stderr: string): string => {
  const lines = stderr.split(/[\r\n]+/).filter((line) => !NOISE.test(line))
  const telling = lines.filter((line) => /^(fatal|error|remote|\s*!)/.test(line))
  const text = (telling.length > 0 ? telling : lines)
    .slice(-4)
    .map((line) => line.replace(REMOTE, "").trim())
    .join("; ")
    .replace(/\s+/g, " ")
    .trim()
  return text === "" ? "it gave no reason" : text.slice(0, DETAIL_LENGTH).toWellFormed()
}
