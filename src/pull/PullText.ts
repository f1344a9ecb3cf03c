import { plain } from "../outbox/Disarming.ts"
import type { Disarmed } from "../outbox/Disarming.ts"

/** What only the coordinator ends the text of a pull request with: merging it closes the issue. */
export const closingLine = (number: number): string => `Fixes #${number}`

const TITLE_LENGTH = 200

/** What a check came to. */
export interface CheckLine {
  readonly name: string
  readonly passed: boolean
  readonly seconds: number
}

export interface PullFacts {
  readonly number: number
  readonly title: string
  readonly checks: ReadonlyArray<CheckLine>
  /** Nobody named the checks. */
  readonly guessed: boolean
  /** Files that decide what the checks do, and were changed. */
  readonly touchedChecks: ReadonlyArray<string>
  /** The number of an earlier pull request of the task that was closed without being merged, or null. */
  readonly closed: number | null
  /** Whether it has a branch that people can push to. */
  readonly hasBranch: boolean
  readonly sessions: number
  readonly turns: number
  readonly tokens: number
  /** The snapshot that was handed in. */
  readonly snapshot: string
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim()

/** What the agent called its change, else the issue's title, in one line; what would make it a draft, which Gitea reads from the title, is taken off. */
export const titleOf = ({ number, title }: Pick<PullFacts, "number" | "title">): string => {
  const bare = plain(oneLine(title)).replace(/^(\s*(\[wip\]|wip:))+\s*/i, "")
  return `${bare === "" ? "Work" : bare.slice(0, TITLE_LENGTH).toWellFormed()} (#${number})`
}

const checkLine = ({ name, passed, seconds }: CheckLine): string =>
  `- ${passed ? "passed" : "**failed**"}: ${plain(name)} (${seconds.toFixed(1)} s)`

/** The text of the pull request: the agent's words, then what the coordinator knows by itself. */
export const bodyOf = (facts: PullFacts, summary: Disarmed): string => {
  const { checks, closed, guessed, hasBranch, number, sessions, snapshot, tokens, touchedChecks, turns } = facts
  return [
    summary,
    ...(closed === null ? [] : [`Pull request #${closed} was closed without being merged: this one begins afresh.`]),
    ...(hasBranch
      ? []
      : [
          "The bot may only read this repository, so that this pull request has no branch: nobody else can push to it."
        ]),
    "### Checks",
    checks.length === 0
      ? "The repository names no checks, and none could be guessed: nothing was run."
      : checks.map(checkLine).join("\n"),
    ...(guessed && checks.length > 0
      ? ["The repository has no `.mosaic.yml`: these were guessed from its files."]
      : []),
    ...(touchedChecks.length === 0
      ? []
      : [
          `**Look at these first**, they decide what the checks do and were changed:\n${touchedChecks.map((path) => `- ${plain(path)}`).join("\n")}`
        ]),
    `*${turns} turns in ${sessions} ${sessions === 1 ? "session" : "sessions"}, ${tokens.toLocaleString("en")} tokens. Saved as ${snapshot}.*`,
    closingLine(number)
  ].join("\n\n")
}

/** The message of the one commit: the title, the agent's answer, and where it comes from. */
export const messageOf = (facts: Pick<PullFacts, "number" | "title">, summary: Disarmed): string =>
  `${titleOf(facts)}\n\n${summary.trim()}\n`

/** Files that decide what a check does: manifests, locks, settings of tests and linters, CI. */
const DECIDES = [
  /(^|\/)(package(-lock)?\.json|pnpm-lock\.yaml|yarn\.lock|go\.(mod|sum)|Cargo\.(toml|lock)|pyproject\.toml|setup\.(py|cfg)|tox\.ini|Makefile|pom\.xml|build\.gradle(\.kts)?|Gemfile(\.lock)?)$/,
  /(^|\/)(\.?(eslint|prettier|vitest|jest|babel|rollup|webpack|tsconfig|pytest|flake8|golangci)[\w.-]*)$/,
  /^(\.mosaic\.ya?ml|\.gitea\/|\.github\/|\.forgejo\/|\.gitlab-ci\.yml|\.woodpecker)/
]

export const touchedChecksOf = (paths: ReadonlyArray<string>): ReadonlyArray<string> =>
  paths.filter((path) => DECIDES.some((pattern) => pattern.test(path)))
