import { Array, DateTime, Option } from "effect"

/** RFC 3339 in UTC with whole seconds, as Gitea writes times: "2026-03-18T08:40:16Z". Sorts as text. */
export const timestamp = (instant: DateTime.DateTime): string => DateTime.formatIso(instant).replace(/\.\d+Z$/, "Z")

/** Times are timestamps as the API writes them; references between values are ids, which count from 1. */
export interface User {
  readonly id: number
  readonly login: string
  readonly createdAt: string
}

export interface Repository {
  readonly id: number
  readonly fullName: string
  /** With what the bot's calls to it are refused; null while it may see it. */
  readonly refusal: 403 | 404 | null
  /** To be read only. */
  readonly archived: boolean
  /** Whether the bot may write to it, and not only read and comment. */
  readonly writable: boolean
  /** Whether the bot is one of its administrators. */
  readonly administered: boolean
  readonly hasPulls: boolean
  readonly protectedBranches: ReadonlyArray<string>
  readonly createdAt: string
  readonly updatedAt: string
}

/** A name that leads on: 301 after the repository was renamed or transferred, 307 after its owner was renamed. */
export interface FormerName {
  readonly fullName: string
  readonly repository: number
  readonly status: 301 | 307
}

export interface Label {
  readonly id: number
  readonly repository: number
  readonly name: string
}

export interface Issue {
  readonly id: number
  readonly repository: number
  readonly number: number
  readonly poster: number
  /** A pull request: it has a number and assignees as issues do, and events of its own, which are not sent here. */
  readonly pull: boolean
  readonly title: string
  readonly body: string
  readonly state: "open" | "closed"
  readonly deleted: boolean
  /** Only those may comment who may write to the repository. */
  readonly locked: boolean
  readonly assignees: ReadonlyArray<number>
  readonly labels: ReadonlyArray<number>
  readonly createdAt: string
  readonly updatedAt: string
  readonly closedAt: string | null
}

/** Its commits are what its branches have at the time. */
export interface Pull {
  readonly id: number
  readonly repository: number
  readonly number: number
  readonly poster: number
  readonly title: string
  readonly body: string
  /** A branch, or `refs/pull/<number>/head` where it has none. */
  readonly head: string
  /** Of one that was made by a push to `refs/for/<base>`, else null. */
  readonly topic: string | null
  readonly base: string
  readonly state: "open" | "closed"
  readonly merged: boolean
  readonly createdAt: string
}

export interface Status {
  readonly repository: number
  readonly sha: string
  readonly state: string
  readonly context: string
  readonly description: string
  readonly targetUrl: string
}

export type EntryDetail =
  | { readonly type: "comment"; readonly body: string }
  /** A comment on another issue, by its id, referred to this one. */
  | { readonly type: "comment_ref"; readonly comment: number }
  | { readonly type: "assignees"; readonly assignee: number; readonly removed: boolean }
  | { readonly type: "label"; readonly label: number; readonly removed: boolean }
  | { readonly type: "change_title"; readonly from: string; readonly to: string }
  | { readonly type: "close" }
  | { readonly type: "reopen" }

/** A line of an issue's timeline. Gitea keeps comments and events in one table, so they share their ids. */
export type Entry = EntryDetail & {
  readonly id: number
  readonly issue: number
  readonly user: number
  readonly createdAt: string
  readonly updatedAt: string
  readonly deleted: boolean
}

export type Comment = Extract<Entry, { readonly type: "comment" }>

/** An issue that is blocked by another one, by their ids. */
export interface Dependency {
  readonly issue: number
  readonly on: number
}

/** All the server remembers. Nothing leaves a list, so the value with id n is at position n - 1. */
export interface Forge {
  readonly users: ReadonlyArray<User>
  readonly repositories: ReadonlyArray<Repository>
  readonly formerNames: ReadonlyArray<FormerName>
  readonly labels: ReadonlyArray<Label>
  readonly issues: ReadonlyArray<Issue>
  readonly entries: ReadonlyArray<Entry>
  readonly pulls: ReadonlyArray<Pull>
  readonly statuses: ReadonlyArray<Status>
  readonly dependencies: ReadonlyArray<Dependency>
}

export const emptyForge: Forge = {
  users: [],
  repositories: [],
  formerNames: [],
  labels: [],
  issues: [],
  entries: [],
  pulls: [],
  statuses: [],
  dependencies: []
}

/** The value a reference points at; a reference that points nowhere is a defect. */
export const referred = <A>(values: ReadonlyArray<A>, id: number): A => Array.getUnsafe(values, id - 1)

export const ownerOf = (fullName: string): string => fullName.slice(0, fullName.indexOf("/"))

const sameName = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase()

export const findUser = (forge: Forge, login: string): Option.Option<User> =>
  Array.findFirst(forge.users, (user) => sameName(user.login, login))

export const findRepository = (forge: Forge, fullName: string): Option.Option<Repository> =>
  Array.findFirst(forge.repositories, (repository) => sameName(repository.fullName, fullName))

/** Where a name leads on to that a repository had last and has no longer. */
export const findFormer = (forge: Forge, fullName: string): Option.Option<FormerName> =>
  Array.findLast(forge.formerNames, (former) => sameName(former.fullName, fullName))

export const findLabel = (forge: Forge, repository: number, name: string): Option.Option<Label> =>
  Array.findFirst(forge.labels, (label) => label.repository === repository && label.name === name)

export const findIssue = (forge: Forge, repository: number, number: number): Option.Option<Issue> =>
  Array.findFirst(forge.issues, (issue) => issue.repository === repository && issue.number === number && !issue.deleted)

/** An entry of any issue of the repository. */
export const findEntry = (forge: Forge, repository: number, id: number): Option.Option<Entry> =>
  Array.findFirst(forge.entries, (entry) => {
    const issue = referred(forge.issues, entry.issue)
    return entry.id === id && !entry.deleted && issue.repository === repository && !issue.deleted
  })

/** The timeline of an issue, oldest first. */
export const timelineOf = (forge: Forge, issue: number): ReadonlyArray<Entry> =>
  forge.entries.filter((entry) => entry.issue === issue && !entry.deleted)

export const isComment = (entry: Entry): entry is Comment => entry.type === "comment"

export const commentsOf = (forge: Forge, issue: number): ReadonlyArray<Comment> =>
  timelineOf(forge, issue).filter(isComment)

/** Oldest first. */
export const pullsOf = (forge: Forge, repository: number): ReadonlyArray<Pull> =>
  forge.pulls.filter((pull) => pull.repository === repository)
