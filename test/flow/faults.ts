import { Record } from "effect"
import type { Gitea } from "../../src/gitea/Gitea.ts"
import type { RepositoryCalls } from "../../src/gitea/RepositoryCalls.ts"
import type { ClaudeFault, Operation } from "../../src/sandbox/claude/Fault.ts"
import type { GiteaFault } from "../../src/sandbox/gitea/Faults.ts"

/** Nothing listens, so that no connection comes about: nothing that a stand-in could do itself. */
interface Refused {
  readonly kind: "refused"
}

/** One row of the fault table before it was lived through. */
export type FaultCase = { readonly name: string } & (
  | { readonly side: "Gitea"; readonly operation: GiteaOperation; readonly fault: GiteaFault | Refused }
  | { readonly side: "Claude"; readonly operation: Operation; readonly fault: ClaudeFault | Refused }
)

const ELSEWHERE = "http://elsewhere.invalid/sign-in"

/** What Gitea, or a proxy before it, can do to a call. */
const giteaFaults: { readonly [name: string]: GiteaFault | Refused } = {
  "401": { kind: "status", status: 401 },
  "403": { kind: "status", status: 403 },
  "404": { kind: "status", status: 404 },
  "409": { kind: "status", status: 409 },
  "429, retry-after 1": { kind: "status", status: 429, headers: { "retry-after": "1" } },
  "429, retry-after 999999": { kind: "status", status: 429, headers: { "retry-after": "999999" } },
  "500": { kind: "status", status: 500 },
  "502 with HTML": { kind: "status", status: 502, body: "<html>Bad gateway</html>" },
  "529": { kind: "status", status: 529 },
  "200 with HTML": { kind: "status", status: 200, body: "<html>Sign in</html>" },
  "200, malformed": { kind: "status", status: 200, body: '{"id":"one"}' },
  "301 to another origin": { kind: "status", status: 301, headers: { location: ELSEWHERE } },
  "302 to another origin": { kind: "status", status: 302, headers: { location: ELSEWHERE } },
  "connection refused": { kind: "refused" },
  "connection reset": { kind: "reset" },
  "no answer": { kind: "hang" },
  "answer cut midway": { kind: "doneThenCut" },
  "answer never whole": { kind: "doneThenDribble" }
}

/** What a run needs to come to a call besides an issue that is assigned. */
export type Circumstance =
  | "none"
  /** The issue is so long that its session fills its context. */
  | "long"
  /** It was assigned before there was a hook. */
  | "unheard"
  /** Its repository has another name by the time of the look. */
  | "renamed"
  /** It is deleted by the time of the look. */
  | "deleted"

interface Call {
  /** As the adapter calls it in its errors. */
  readonly name: string
  readonly match: RegExp
  readonly circumstance?: Circumstance
}

/**
 * Every member of the adapter that calls anybody in a run without tools: `health` and `lacking` only tell of the others, both searches
 * are the same call, and what is asked about the code of a repository is asked for tools.
 */
type Member = Exclude<keyof Gitea["Service"], "health" | "lacking" | "hasAssignedPulls" | keyof RepositoryCalls>

export const giteaOperations = {
  whoAmI: { name: "ask who the bot is", match: /^GET .*\/user$/ },
  scopes: { name: "ask for the scopes of the token", match: /^GET .*\/notifications\/new$/ },
  issue: { name: "read issue", match: /^GET .*\/issues\/\d+$/ },
  repository: { name: "read repository", match: /^GET .*\/repositories\/\d+$/ },
  repositoryOfRenamed: {
    name: "read repository, renamed",
    match: /^GET .*\/repositories\/\d+$/,
    circumstance: "renamed"
  },
  repositoryNamed: {
    name: "read repository, of a deleted issue",
    match: /^GET .*\/repos\/(?!issues\/)[^/]+\/[^/]+$/,
    circumstance: "deleted"
  },
  timeline: { name: "read timeline", match: /\/timeline$/ },
  dependencies: { name: "read dependencies", match: /\/dependencies$/ },
  comments: { name: "read comments", match: /^GET .*\/comments$/ },
  createComment: { name: "create comment", match: /^POST .*\/comments$/ },
  editComment: { name: "edit comment", match: /^PATCH .*\/comments\/\d+$/ },
  assigned: { name: "list assigned issues", match: /^GET .*\/issues\/search$/ },
  hook: { name: "list hooks", match: /^GET .*\/hooks$/, circumstance: "unheard" }
} satisfies Readonly<Record<Member, Call>> & Readonly<Record<string, Call>>

/** Every member of the adapter that is about the code of a repository, as the work with tools calls them. */
export const codeOperations = {
  access: { name: "read access", match: /^GET .*\/repos\/(?!issues\/)[^/]+\/[^/]+$/ },
  writer: { name: "read permission, of whoever assigned the bot: all", match: /\/assignees$/ },
  writerNamed: { name: "read permission, of whoever assigned the bot: one", match: /\/permission$/ },
  createPull: { name: "create pull request", match: /^POST .*\/pulls$/ },
  setStatus: { name: "set status", match: /^POST .*\/statuses\/\w+$/ },
  openPullsToHandIn: { name: "list pull requests, to hand in", match: /^GET .*\/pulls$/ },
  openPulls: { name: "list pull requests, before the work", match: /^GET .*\/pulls$/ },
  branch: { name: "read branch", match: /^GET .*\/branches\/[^/]+$/ },
  editPull: { name: "edit pull request", match: /^PATCH .*\/pulls\/\d+$/ },
  assignable: { name: "read permission, of those who wrote: all", match: /\/assignees$/ },
  mayWrite: { name: "read permission, of those who wrote: one", match: /\/permission$/ },
  pull: { name: "read pull request", match: /^GET .*\/pulls\/\d+$/ }
} satisfies Readonly<Record<keyof RepositoryCalls, Call>> & Readonly<Record<string, Call>>
export type CodeOperation = keyof typeof codeOperations
export type GiteaOperation = keyof typeof giteaOperations | CodeOperation

export const callOf = (operation: GiteaOperation): Call => ({ ...giteaOperations, ...codeOperations })[operation]

type Faults = { readonly [name: string]: ClaudeFault | Refused }

const refusals: Faults = {
  "400": { kind: "status", status: 400, message: "messages: not like this" },
  "401": { kind: "status", status: 401 },
  "403": { kind: "status", status: 403 },
  "404": { kind: "status", status: 404 },
  "409": { kind: "status", status: 409 },
  "429, retry-after 1": { kind: "status", status: 429, headers: { "retry-after": "1" } },
  "429, retry-after 999999": { kind: "status", status: 429, headers: { "retry-after": "999999" } },
  "429, spend limit": { kind: "status", status: 429, code: "enforced_spend_limit_reached" },
  "500": { kind: "status", status: 500 },
  "502 with HTML": { kind: "html", status: 502 },
  "529": { kind: "status", status: 529 }
}

const broken: Faults = {
  "200 with HTML": { kind: "html", status: 200 },
  "200, malformed": { kind: "malformed" },
  "connection refused": { kind: "refused" },
  "connection reset": { kind: "reset" },
  "stall without a byte": { kind: "stall" }
}

const claudeFaults: { readonly [O in Operation]: Faults } = {
  messages: {
    ...refusals,
    "413": { kind: "status", status: 413 },
    ...broken,
    "cut mid-stream": { kind: "drop" },
    "ended mid-stream": { kind: "eof" },
    "SSE error event": { kind: "sseError" },
    "SSE garbage": { kind: "sseGarbage" }
  },
  models: { ...refusals, ...broken },
  count_tokens: { ...refusals, ...broken },
  compact: {
    ...refusals,
    ...broken,
    "summary empty": { kind: "emptyCompaction", stopReason: "max_tokens" },
    "summary refused": { kind: "emptyCompaction", stopReason: "refusal" }
  }
}

/** Whether the call does its work all the same, so that more depends on it than what the service is told. */
export const takesEffect = ({ kind }: FaultCase["fault"]): boolean =>
  kind === "doneThenCut" || kind === "doneThenDribble"

const ofGitea = <O extends GiteaOperation>(operations: ReadonlyArray<O>) =>
  operations.flatMap((operation) =>
    Record.toEntries(giteaFaults).map(([name, fault]) => ({ side: "Gitea", operation, name, fault }) as const)
  )
const claudeCases = Record.toEntries(claudeFaults).flatMap(([operation, faults]) =>
  Record.toEntries(faults).map(([name, fault]): FaultCase => ({ side: "Claude", operation, name, fault }))
)
export const cases: ReadonlyArray<FaultCase> = [...ofGitea(Record.keys(giteaOperations)), ...claudeCases]
export const codeCases = ofGitea(Record.keys(codeOperations))

export const circumstanceOf = ({ operation, side }: FaultCase): Circumstance => {
  if (side === "Gitea") return callOf(operation).circumstance ?? "none"
  return operation === "count_tokens" || operation === "compact" ? "long" : "none"
}

/** Whether only a watchdog ends the call. */
export const isSilent = ({ fault }: FaultCase): boolean => ["hang", "doneThenDribble", "stall"].includes(fault.kind)
