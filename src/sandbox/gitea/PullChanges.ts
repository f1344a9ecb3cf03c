import type { Act, Step } from "./Change.ts"
import { unchanged, userId } from "./Change.ts"
import type { Forge, Pull, Status } from "./Forge.ts"

/** Gitea cuts a longer one without a word. */
const TITLE_LENGTH = 255

export type PullDraft = Pick<Pull, "repository" | "title" | "body" | "head" | "base" | "topic">

export const headRef = (number: number): string => `refs/pull/${number}/head`

/** Issues and pull requests of a repository share their numbers. */
export const numberOfNext = ({ issues, pulls }: Forge, repository: number): number =>
  [...issues, ...pulls].filter((it) => it.repository === repository).length + 1

export const openPull =
  (act: Act, draft: PullDraft): Step =>
  (forge) => {
    const number = numberOfNext(forge, draft.repository)
    return unchanged({
      ...forge,
      pulls: [
        ...forge.pulls,
        {
          ...draft,
          head: draft.topic === null ? draft.head : headRef(number),
          id: forge.pulls.length + 1,
          number,
          poster: userId(forge, act.by),
          title: draft.title.slice(0, TITLE_LENGTH),
          state: "open",
          merged: false,
          createdAt: act.at
        }
      ]
    })
  }

export const editPull =
  (id: number, change: Partial<Pick<Pull, "title" | "body" | "state" | "merged">>): Step =>
  (forge) =>
    unchanged({
      ...forge,
      pulls: forge.pulls.map((it) =>
        it.id === id ? { ...it, ...change, title: (change.title ?? it.title).slice(0, TITLE_LENGTH) } : it
      )
    })

export const addStatus =
  (status: Status): Step =>
  (forge) =>
    unchanged({ ...forge, statuses: [...forge.statuses, status] })
