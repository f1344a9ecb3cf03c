import { userId } from "./Change.ts"
import type { Comment, Entry, Forge, Issue, Label, Pull, Repository, User } from "./Forge.ts"
import { commentsOf, ownerOf, referred } from "./Forge.ts"

const UNSET_TIME = "0001-01-01T00:00:00Z"
const LABEL_COLOR = "0e8a16"

/** A state of the server and the origin its addresses start with. */
export interface View {
  readonly forge: Forge
  readonly url: string
}

/** As seen by nobody: Gitea hides address and activity then, so `active` is false for everyone. */
export const userResource = ({ url }: View, { id, login, createdAt }: User) => ({
  id,
  login,
  login_name: "",
  source_id: 0,
  full_name: "",
  email: `${login}@noreply.${new URL(url).hostname}`,
  avatar_url: `${url}/avatars/${id}`,
  html_url: `${url}/${login}`,
  language: "",
  is_admin: false,
  last_login: UNSET_TIME,
  created: createdAt,
  restricted: false,
  active: false,
  prohibit_login: false,
  location: "",
  website: "",
  description: "",
  visibility: "public",
  followers_count: 0,
  following_count: 0,
  starred_repos_count: 0,
  username: login
})

/** The keys a client may want of the sixty-odd that Gitea sends. */
export const repositoryResource = (view: View, repository: Repository, empty = false) => {
  const { id, fullName, archived, administered, createdAt, hasPulls, updatedAt, writable } = repository
  return {
    id,
    owner: userResource(view, referred(view.forge.users, userId(view.forge, ownerOf(fullName)))),
    name: nameOf(fullName),
    full_name: fullName,
    description: "",
    empty,
    size: 0,
    private: false,
    fork: false,
    html_url: `${view.url}/${fullName}`,
    url: `${view.url}/api/v1/repos/${fullName}`,
    ssh_url: `git@${new URL(view.url).hostname}:${fullName}.git`,
    clone_url: `${view.url}/${fullName}.git`,
    default_branch: "main",
    archived,
    created_at: createdAt,
    updated_at: updatedAt,
    permissions: { admin: administered, push: writable || administered, pull: true },
    has_issues: true,
    has_pull_requests: hasPulls
  }
}

/** `commits` are those that its branches have now. */
export const pullResource = (view: View, pull: Pull, commits: { readonly head: string; readonly base: string }) => {
  const { fullName } = referred(view.forge.repositories, pull.repository)
  const side = (ref: string, sha: string) => ({
    label: ref.startsWith("refs/pull/") ? "" : ref,
    ref,
    sha,
    repo_id: pull.repository
  })
  const isDraft = /^(\[wip\]|wip:)/i.test(pull.title)
  return {
    id: pull.id,
    url: `${view.url}/${fullName}/pulls/${pull.number}`,
    html_url: `${view.url}/${fullName}/pulls/${pull.number}`,
    number: pull.number,
    user: userResource(view, referred(view.forge.users, pull.poster)),
    title: pull.title,
    body: pull.body,
    state: pull.state,
    draft: isDraft,
    mergeable: pull.state === "open" && !isDraft,
    merged: pull.merged,
    head: side(pull.head, commits.head),
    base: side(pull.base, commits.base),
    created_at: pull.createdAt
  }
}

/** `assignees` is null, not empty, when there are none: a nil slice in Go (services/convert/issue.go). */
export const issueResource = (view: View, issue: Issue) => {
  const { fullName } = referred(view.forge.repositories, issue.repository)
  const assignees = issue.assignees.map((id) => userResource(view, referred(view.forge.users, id)))
  return {
    id: issue.id,
    url: `${view.url}/api/v1/repos/${fullName}/issues/${issue.number}`,
    html_url: issueUrl(view, issue),
    number: issue.number,
    user: userResource(view, referred(view.forge.users, issue.poster)),
    original_author: "",
    original_author_id: 0,
    title: issue.title,
    body: issue.body,
    ref: "",
    assets: [],
    labels: issue.labels.map((id) => labelResource(view, referred(view.forge.labels, id))),
    milestone: null,
    assignee: assignees[0] ?? null,
    assignees: assignees.length > 0 ? assignees : null,
    state: issue.state,
    is_locked: issue.locked,
    comments: commentsOf(view.forge, issue.id).length,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
    closed_at: issue.closedAt,
    due_date: null,
    time_estimate: 0,
    pull_request: issue.pull ? { merged: false, merged_at: null, draft: false, html_url: issueUrl(view, issue) } : null,
    repository: { id: issue.repository, name: nameOf(fullName), owner: ownerOf(fullName), full_name: fullName },
    pin_order: 0
  }
}

/** `issue_url` is the address of the page, not of the API. */
export const commentResource = (view: View, comment: Comment) => ({
  id: comment.id,
  html_url: entryUrl(view, comment),
  pull_request_url: "",
  issue_url: issueUrl(view, referred(view.forge.issues, comment.issue)),
  user: userResource(view, referred(view.forge.users, comment.user)),
  original_author: "",
  original_author_id: 0,
  body: comment.body,
  assets: [],
  created_at: comment.createdAt,
  updated_at: comment.updatedAt
})

/** What an edit that changes nothing is answered with: Gitea has not loaded whose comment it is. */
export const untouchedResource = (view: View, comment: Comment) => ({ ...commentResource(view, comment), user: null })

/** A reference whose comment is deleted is null in every list: its conversion fails (services/convert/issue_comment.go). */
export const timelineResource = (view: View, entry: Entry) =>
  entry.type === "comment_ref" && referred(view.forge.entries, entry.comment).deleted
    ? null
    : entryResource(view, entry)

/** The keys that matter to the kinds of entry there are here; an added label has the body "1". */
const entryResource = (view: View, entry: Entry) => ({
  id: entry.id,
  type: entry.type,
  html_url: entryUrl(view, entry),
  pull_request_url: "",
  issue_url: issueUrl(view, referred(view.forge.issues, entry.issue)),
  user: userResource(view, referred(view.forge.users, entry.user)),
  body: entry.type === "comment" ? entry.body : entry.type === "label" && !entry.removed ? "1" : "",
  created_at: entry.createdAt,
  updated_at: entry.updatedAt,
  old_title: entry.type === "change_title" ? entry.from : "",
  new_title: entry.type === "change_title" ? entry.to : "",
  label: entry.type === "label" ? labelResource(view, referred(view.forge.labels, entry.label)) : null,
  assignee: entry.type === "assignees" ? userResource(view, referred(view.forge.users, entry.assignee)) : null,
  removed_assignee: entry.type === "assignees" && entry.removed
})

export const labelResource = ({ forge, url }: View, { id, name, repository }: Label) => ({
  id,
  name,
  exclusive: false,
  is_archived: false,
  color: LABEL_COLOR,
  description: "",
  url: `${url}/api/v1/repos/${referred(forge.repositories, repository).fullName}/labels/${id}`
})

const nameOf = (fullName: string): string => fullName.slice(fullName.indexOf("/") + 1)

const issueUrl = ({ forge, url }: View, { number, repository }: Issue): string =>
  `${url}/${referred(forge.repositories, repository).fullName}/issues/${number}`

const entryUrl = (view: View, entry: Entry): string =>
  `${issueUrl(view, referred(view.forge.issues, entry.issue))}#issuecomment-${entry.id}`
