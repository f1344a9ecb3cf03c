import { Record } from "effect"
import type { ClaudeFault } from "../../src/sandbox/claude/Fault.ts"
import type { Operation } from "../../src/sandbox/claude/Operation.ts"
import type { GiteaFault } from "../../src/sandbox/gitea/Faults.ts"

/** One row of the fault table before it was lived through. */
export type FaultCase = { readonly name: string } & (
  | { readonly side: "Gitea"; readonly operation: GiteaOperation; readonly fault: GiteaFault }
  | { readonly side: "Claude"; readonly operation: Operation; readonly fault: ClaudeFault }
)

/** What Gitea, or a proxy before it, can do to a call. */
const giteaFaults: { readonly [name: string]: GiteaFault } = {
  "401": { kind: "status", status: 401 },
  "403": { kind: "status", status: 403 },
  "404": { kind: "status", status: 404 },
  "409": { kind: "status", status: 409 },
  "429, retry-after 1": { kind: "status", status: 429, headers: { "retry-after": "1" } },
  "429, retry-after 999999": { kind: "status", status: 429, headers: { "retry-after": "999999" } },
  "500": { kind: "status", status: 500 },
  "502 with HTML": { kind: "status", status: 502, body: "<html>Bad gateway</html>" },
  "200 with HTML": { kind: "status", status: 200, body: "<html>Sign in</html>" },
  "200, malformed": { kind: "status", status: 200, body: '{"id":"one"}' },
  "connection reset": { kind: "reset" },
  "no answer": { kind: "hang" }
}

/** Calls to Gitea, by what matches them. */
export const giteaOperations = {
  "ask who the bot is": /^GET .*\/user$/,
  "read issue": /^GET .*\/issues\/\d+$/,
  "read timeline": /\/timeline$/,
  "read comments": /^GET .*\/comments$/,
  "create comment": /^POST .*\/comments$/
}
export type GiteaOperation = keyof typeof giteaOperations

type Faults = { readonly [name: string]: ClaudeFault }

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

const giteaCases = Record.toEntries(giteaOperations).flatMap(([operation]) =>
  Record.toEntries(giteaFaults).map(([name, fault]): FaultCase => ({ side: "Gitea", operation, name, fault }))
)
const claudeCases = Record.toEntries(claudeFaults).flatMap(([operation, faults]) =>
  Record.toEntries(faults).map(([name, fault]): FaultCase => ({ side: "Claude", operation, name, fault }))
)
export const cases: ReadonlyArray<FaultCase> = [...giteaCases, ...claudeCases]

/** Whether only a watchdog ends the call. */
export const isSilent = ({ fault }: FaultCase): boolean => fault.kind === "hang" || fault.kind === "stall"
