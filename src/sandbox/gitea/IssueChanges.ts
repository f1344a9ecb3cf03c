import { Option } from "effect"
import type { Act, Step } from "./Change.ts"
import { announce, inOrder, introduce, record, revise, unchanged, userId } from "./Change.ts"
import type { Forge } from "./Forge.ts"
import { numberOfNext } from "./PullChanges.ts"
import { findIssue, findLabel, isComment, referred } from "./Forge.ts"

/**
 * The order of Gitea's `NewIssue`: the assignees are announced before the issue itself, the labels after it
 * (services/issue/issue.go).
 */
export const openIssue = (
  act: Act,
  repository: number,
  draft: {
    readonly title: string
    readonly body: string
    readonly assignees: ReadonlyArray<string>
    readonly labels: ReadonlyArray<string>
    readonly pull: boolean
  }
): Step =>
  inOrder(introduce(act.at, act.by), (before) => {
    const issue = before.issues.length + 1
    return inOrder(
      create(act, repository, draft),
      relabel(act, issue, draft.labels),
      ...draft.assignees.map((login) => assign(act, issue, login)),
      announce(act, issue, { type: "issues", action: "opened" }),
      draft.labels.length > 0 ? announce(act, issue, { type: "issue_label", action: "label_updated" }) : unchanged
    )(before)
  })

/** Does nothing when `login` is assigned already. */
export const assign = (act: Act, issue: number, login: string): Step =>
  inOrder(introduce(act.at, act.by), introduce(act.at, login), (forge) => {
    const assignee = userId(forge, login)
    if (referred(forge.issues, issue).assignees.includes(assignee)) return unchanged(forge)
    return inOrder(
      revise(act, issue, ({ assignees }) => ({ assignees: [...assignees, assignee] })),
      record(act, issue, { type: "assignees", assignee, removed: false }),
      announce(act, issue, { type: "issue_assign", action: "assigned" })
    )(forge)
  })

/** Does nothing when `login` is not assigned. */
export const unassign = (act: Act, issue: number, login: string): Step =>
  inOrder(introduce(act.at, act.by), introduce(act.at, login), (forge) => {
    const assignee = userId(forge, login)
    if (!referred(forge.issues, issue).assignees.includes(assignee)) return unchanged(forge)
    return inOrder(
      revise(act, issue, ({ assignees }) => ({ assignees: assignees.filter((id) => id !== assignee) })),
      record(act, issue, { type: "assignees", assignee, removed: true }),
      announce(act, issue, { type: "issue_assign", action: "unassigned" })
    )(forge)
  })

/** Does nothing when the issue is closed already. */
export const close = (act: Act, issue: number): Step =>
  inOrder(introduce(act.at, act.by), (forge) =>
    referred(forge.issues, issue).state === "closed"
      ? unchanged(forge)
      : inOrder(
          revise(act, issue, () => ({ state: "closed", closedAt: act.at })),
          record(act, issue, { type: "close" }),
          announce(act, issue, { type: "issues", action: "closed" })
        )(forge)
  )

/** Does nothing when the issue is open already. */
export const reopen = (act: Act, issue: number): Step =>
  inOrder(introduce(act.at, act.by), (forge) =>
    referred(forge.issues, issue).state === "open"
      ? unchanged(forge)
      : inOrder(
          revise(act, issue, () => ({ state: "open", closedAt: null })),
          record(act, issue, { type: "reopen" }),
          announce(act, issue, { type: "issues", action: "reopened" })
        )(forge)
  )

/** The same title again is no change; the same body again is announced all the same, as Gitea does. */
export const editTitle = (act: Act, issue: number, title: string): Step =>
  inOrder(introduce(act.at, act.by), (forge) => {
    const from = referred(forge.issues, issue).title
    if (from === title) return unchanged(forge)
    return inOrder(
      revise(act, issue, () => ({ title })),
      record(act, issue, { type: "change_title", from, to: title }),
      announce(act, issue, { type: "issues", action: "edited", changes: { title: { from } } })
    )(forge)
  })

export const editBody = (act: Act, issue: number, body: string): Step =>
  inOrder(introduce(act.at, act.by), (forge) => {
    const from = referred(forge.issues, issue).body
    return inOrder(
      revise(act, issue, () => ({ body })),
      announce(act, issue, { type: "issues", action: "edited", changes: { body: { from } } })
    )(forge)
  })

/** Replaces all labels of the issue; labels come into being when they are first named. */
export const label = (act: Act, issue: number, names: ReadonlyArray<string>): Step =>
  inOrder(
    introduce(act.at, act.by),
    relabel(act, issue, names),
    announce(act, issue, { type: "issue_label", action: names.length > 0 ? "label_updated" : "label_cleared" })
  )

/** Adds those of the labels that the repository has. Told of even when nothing changed by it. */
export const addLabels = (act: Act, issue: number, names: ReadonlyArray<string>): Step =>
  inOrder(introduce(act.at, act.by), (forge) => {
    const { labels, repository } = referred(forge.issues, issue)
    const present = labels.map((id) => referred(forge.labels, id).name)
    const known = names.filter((name) => Option.isSome(findLabel(forge, repository, name)))
    return inOrder(
      relabel(act, issue, [...present, ...known]),
      announce(act, issue, { type: "issue_label", action: "label_updated" })
    )(forge)
  })

export const remove = (act: Act, issue: number): Step =>
  inOrder(
    introduce(act.at, act.by),
    revise(act, issue, () => ({ deleted: true })),
    announce(act, issue, { type: "issues", action: "deleted" })
  )

export const comment = (act: Act, issue: number, body: string): Step =>
  inOrder(
    introduce(act.at, act.by),
    revise(act, issue, () => ({})),
    record(act, issue, { type: "comment", body }),
    (forge) => {
      const written = forge.entries.length
      return inOrder(refer(act, issue, written, body), announceComment(act, written, "created"))(forge)
    }
  )

/** Writes into each issue of the repository that the text names ("#7") that it was referred to. */
const refer =
  (act: Act, issue: number, written: number, body: string): Step =>
  (forge) => {
    const { repository } = referred(forge.issues, issue)
    const numbers = new Set([...body.matchAll(/(?<![\w&#])#(\d+)\b/g)].map(([, number]) => Number(number)))
    const named = [...numbers].flatMap((number) => Option.toArray(findIssue(forge, repository, number)))
    const others = named.filter(({ id }) => id !== issue)
    return inOrder(...others.map(({ id }) => record(act, id, { type: "comment_ref", comment: written })))(forge)
  }

/** References that it had written into other issues stay, and point nowhere. Gitea tells hooks; nobody here wants to know. */
export const deleteComment =
  (entry: number): Step =>
  (forge) =>
    unchanged({ ...forge, entries: forge.entries.map((it) => (it.id === entry ? { ...it, deleted: true } : it)) })

/** Locks the issue or unlocks it; no hook hears of it. */
export const setLocked = (act: Act, issue: number, locked: boolean): Step =>
  inOrder(
    introduce(act.at, act.by),
    revise(act, issue, () => ({ locked }))
  )

/** The same text again writes nothing and tells nobody (Gitea 34318). */
export const editComment =
  (act: Act, entry: number, body: string): Step =>
  (forge) => {
    const before = referred(forge.entries, entry)
    if (!isComment(before) || before.body === body) return unchanged(forge)
    const after = { ...before, body, updatedAt: act.at }
    return inOrder(
      () => unchanged({ ...forge, entries: forge.entries.map((it) => (it.id === entry ? after : it)) }),
      announceComment(act, entry, "edited", before.body)
    )(forge)
  }

const create =
  (
    act: Act,
    repository: number,
    { body, pull, title }: { readonly title: string; readonly body: string; readonly pull: boolean }
  ): Step =>
  (forge) => {
    const number = numberOfNext(forge, repository)
    const issue = {
      id: forge.issues.length + 1,
      repository,
      number,
      poster: userId(forge, act.by),
      pull,
      title,
      body,
      state: "open" as const,
      deleted: false,
      locked: false,
      assignees: [],
      labels: [],
      createdAt: act.at,
      updatedAt: act.at,
      closedAt: null
    }
    return unchanged({ ...forge, issues: [...forge.issues, issue] })
  }

const relabel =
  (act: Act, issue: number, names: ReadonlyArray<string>): Step =>
  (forge) => {
    const { labels: before, repository } = referred(forge.issues, issue)
    const known = names.reduce((state, name) => withLabel(state, repository, name), forge)
    const after = known.labels
      .filter((it) => it.repository === repository && names.includes(it.name))
      .map((it) => it.id)
    return inOrder(
      revise(act, issue, () => ({ labels: after })),
      ...after.filter((id) => !before.includes(id)).map((id) => recordLabel(act, issue, id, false)),
      ...before.filter((id) => !after.includes(id)).map((id) => recordLabel(act, issue, id, true))
    )(known)
  }

const recordLabel = (act: Act, issue: number, id: number, removed: boolean): Step =>
  record(act, issue, { type: "label", label: id, removed })

const withLabel = (forge: Forge, repository: number, name: string): Forge =>
  Option.isSome(findLabel(forge, repository, name))
    ? forge
    : { ...forge, labels: [...forge.labels, { id: forge.labels.length + 1, repository, name }] }

const announceComment =
  (act: Act, entry: number, action: "created" | "edited", from?: string): Step =>
  (forge) => {
    const written = referred(forge.entries, entry)
    if (!isComment(written)) return unchanged(forge)
    return announce(act, written.issue, {
      type: "issue_comment",
      action,
      comment: written,
      ...(from === undefined ? {} : { changes: { body: { from } } })
    })(forge)
  }
