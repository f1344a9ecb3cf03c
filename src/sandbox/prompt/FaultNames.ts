import { Option } from "effect"
import type { ClaudeFault, Operation } from "../claude/Fault.ts"
import type { GiteaFault } from "../gitea/Faults.ts"

/** The calls to Claude that a fault can be set for. */
export const OPERATIONS: ReadonlyArray<Operation> = ["messages", "compact", "count_tokens", "models"]

const GITEA = ["reset", "hang", "doneThenHang", "doneThenCut", "doneThenDribble"] as const
const CLAUDE = ["reset", "malformed", "drop", "eof", "sseError", "sseGarbage", "stall"] as const

/** A status from 400 on is a fault as well, by its number. */
const statusOf = (name: string): Option.Option<{ readonly kind: "status"; readonly status: number }> =>
  /^[45]\d\d$/.test(name) ? Option.some({ kind: "status", status: Number(name) }) : Option.none()

const kindOf = <const Kind extends string>(kinds: ReadonlyArray<Kind>, name: string) =>
  Option.map(Option.fromNullishOr(kinds.find((kind) => kind === name)), (kind) => ({ kind }))

export const giteaFault = (name: string): Option.Option<GiteaFault> =>
  Option.orElse(statusOf(name), () => kindOf(GITEA, name))

export const claudeFault = (name: string): Option.Option<ClaudeFault> =>
  Option.orElse(statusOf(name), () => kindOf(CLAUDE, name))

/** The names there are, a line for each kind. */
export const faultNames: string = `
Faults of gitea: a status such as 500, ${GITEA.join(", ")}.
Faults of claude: a status such as 529, ${CLAUDE.join(", ")}.
Operations of claude: ${OPERATIONS.join(", ")}.`
