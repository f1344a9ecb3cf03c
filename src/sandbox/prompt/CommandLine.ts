import { Option } from "effect"
import { Command } from "./Command.ts"
import type { Change } from "./Command.ts"
import { claudeFault, faultNames, giteaFault, OPERATIONS } from "./FaultNames.ts"

/** A command: how it is written, what it does, how the words after its name are read, and what else helps to get it right. */
interface Entry {
  readonly usage: string
  readonly does: string
  read(rest: string): Option.Option<Command>
  readonly hint?: string
}

const FAULT = "fault gitea|claude <fault> [operation]"
const USAGE_WIDTH = FAULT.length + 2

const always = (command: Command) => () => Option.some(command)

const onIssue = (command: (issue: number) => Command) => (rest: string) =>
  /^\d+$/.test(rest) ? Option.some(command(Number(rest))) : Option.none()

const change = (name: Change, does: string): Entry => ({
  usage: `${name} <issue>`,
  does,
  read: onIssue((issue) => Command.Change({ change: name, issue }))
})

const open = (title: string) => Option.some(Command.Open({ title }))

const comment = (rest: string) => {
  const [, issue = "", text = ""] = /^(\d+)\s+(.+)$/.exec(rest) ?? []
  return text === "" ? Option.none() : Option.some(Command.Comment({ issue: Number(issue), text }))
}

const fault = (rest: string) => {
  const [whose, name = "", asked = "messages"] = rest.split(/\s+/)
  if (whose === "gitea") return Option.map(giteaFault(name), (it) => Command.FailGitea({ fault: it }))
  const operation = OPERATIONS.find((known) => known === asked)
  return whose === "claude" && operation !== undefined
    ? Option.map(claudeFault(name), (it) => Command.FailClaude({ fault: it, operation }))
    : Option.none()
}

/** In the order of the list that `help` shows. */
const entries: ReadonlyArray<Entry> = [
  { usage: "open [title]", does: "open an issue; without a title, a long one with 96 comments", read: open },
  change("assign", "assign the bot"),
  change("unassign", "unassign the bot"),
  { usage: "comment <issue> <text>", does: "comment as a person", read: comment },
  change("close", "close the issue"),
  change("reopen", "reopen the issue"),
  { usage: "drop", does: "lose the hooks of your next change", read: always(Command.Drop()) },
  { usage: FAULT, does: 'spoil the next call; "fault" alone lists the faults', read: fault, hint: faultNames },
  {
    usage: "show <issue>",
    does: "show the newest comments of an issue",
    read: onIssue((issue) => Command.Show({ issue }))
  },
  { usage: "tasks", does: "list the coordinator's tasks", read: always(Command.Tasks()) },
  { usage: "help", does: "show this list", read: always(Command.Help()) },
  { usage: "quit", does: "stop everything", read: always(Command.Quit()) }
]

/** One line for each command. */
export const help: string = entries.map(({ usage, does }) => `  ${usage.padEnd(USAGE_WIDTH)}${does}`).join("\n")

/** Reads a line as a command; null when there is nothing on it. */
export const parse = (line: string): Command | null => {
  const [, name = "", rest = ""] = /^\s*(\S+)\s*(.*?)\s*$/.exec(line) ?? []
  if (name === "") return null
  const entry = entries.find(({ usage }) => usage.split(" ")[0] === name)
  if (entry === undefined) return Command.Unclear({ why: `There is no command "${name}". Type "help" for the list.` })
  return Option.getOrElse(entry.read(rest), () => Command.Unclear({ why: `Usage: ${entry.usage}${entry.hint ?? ""}` }))
}
