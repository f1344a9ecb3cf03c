import { Data } from "effect"
import type { ClaudeFault, Operation } from "../claude/Fault.ts"
import type { GiteaFault } from "../gitea/Faults.ts"

/** What a person changes about an issue. */
export type Change = "assign" | "unassign" | "close" | "reopen"

/** What can be asked of the sandbox. */
export type Command = Data.TaggedEnum<{
  /** Without a title, the long issue of the demo. */
  Open: { readonly title: string }
  Change: { readonly change: Change; readonly issue: number }
  Comment: { readonly issue: number; readonly text: string }
  Drop: {}
  FailGitea: { readonly fault: GiteaFault }
  FailClaude: { readonly fault: ClaudeFault; readonly operation: Operation }
  Show: { readonly issue: number }
  Tasks: {}
  Help: {}
  Quit: {}
  /** A line that is no command; `why` is for the person who typed it. */
  Unclear: { readonly why: string }
}>
export const Command = Data.taggedEnum<Command>()
