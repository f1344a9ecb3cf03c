import { Option } from "effect"
import type { Comment, Entry, EntryDetail, Forge, Issue } from "./Forge.ts"
import { findUser, referred } from "./Forge.ts"

export type Action =
  | "opened"
  | "edited"
  | "closed"
  | "reopened"
  | "deleted"
  | "assigned"
  | "unassigned"
  | "label_updated"
  | "label_cleared"
  | "created"

/** Something hooks hear of. It holds the state right after, because Gitea renders the payload at that moment. */
export interface ForgeEvent {
  readonly type: "issues" | "issue_assign" | "issue_label" | "issue_comment"
  readonly action: Action
  readonly forge: Forge
  readonly issue: Issue
  readonly sender: number
  readonly comment?: Comment
  readonly changes?: { readonly title?: { readonly from: string }; readonly body?: { readonly from: string } }
}

export interface Change {
  readonly forge: Forge
  readonly events: ReadonlyArray<ForgeEvent>
}

export type Step = (forge: Forge) => Change

/** Who does something, by login, and when. */
export interface Act {
  readonly by: string
  readonly at: string
}

export const unchanged: Step = (forge) => ({ forge, events: [] })

/** Takes the steps in order, each from the state the one before left. */
export const inOrder =
  (...steps: ReadonlyArray<Step>): Step =>
  (forge) =>
    steps.reduce((done, step) => {
      const next = step(done.forge)
      return { forge: next.forge, events: [...done.events, ...next.events] }
    }, unchanged(forge))

/** Accounts come into being when they are first named. */
export const introduce =
  (at: string, login: string): Step =>
  (forge) =>
    unchanged(
      Option.isSome(findUser(forge, login))
        ? forge
        : { ...forge, users: [...forge.users, { id: forge.users.length + 1, login, createdAt: at }] }
    )

/** The id of a login that was introduced. */
export const userId = (forge: Forge, login: string): number =>
  Option.match(findUser(forge, login), { onNone: () => 0, onSome: (user) => user.id })

export const revise =
  (act: Act, issue: number, update: (issue: Issue) => Partial<Issue>): Step =>
  (forge) =>
    unchanged({
      ...forge,
      issues: forge.issues.map((it) => (it.id === issue ? { ...it, ...update(it), updatedAt: act.at } : it))
    })

export const record =
  (act: Act, issue: number, detail: EntryDetail): Step =>
  (forge) => {
    const entry: Entry = {
      ...detail,
      id: forge.entries.length + 1,
      issue,
      user: userId(forge, act.by),
      createdAt: act.at,
      updatedAt: act.at,
      deleted: false
    }
    return unchanged({ ...forge, entries: [...forge.entries, entry] })
  }

export const announce =
  (act: Act, issue: number, event: Pick<ForgeEvent, "type" | "action" | "comment" | "changes">): Step =>
  (forge) => {
    const about = referred(forge.issues, issue)
    return about.pull
      ? unchanged(forge)
      : { forge, events: [{ ...event, forge, issue: about, sender: userId(forge, act.by) }] }
  }
