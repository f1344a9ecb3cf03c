import type { Step } from "./Change.ts"
import { inOrder, introduce, unchanged } from "./Change.ts"
import type { Repository } from "./Forge.ts"
import { ownerOf } from "./Forge.ts"

export const createRepository = (at: string, fullName: string): Step =>
  inOrder(introduce(at, ownerOf(fullName)), (forge) =>
    unchanged({
      ...forge,
      repositories: [
        ...forge.repositories,
        {
          id: forge.repositories.length + 1,
          fullName,
          refusal: null,
          archived: false,
          writable: true,
          administered: false,
          hasPulls: true,
          protectedBranches: [],
          createdAt: at,
          updatedAt: at
        }
      ]
    })
  )

/** Renames or transfers; the old name stays as a redirect, and no hook hears of it. */
export const renameRepository = (at: string, repository: Repository, fullName: string): Step =>
  inOrder(introduce(at, ownerOf(fullName)), (forge) =>
    unchanged({
      ...forge,
      repositories: forge.repositories.map((it) => (it.id === repository.id ? { ...it, fullName, updatedAt: at } : it)),
      formerNames: [...forge.formerNames, { fullName: repository.fullName, repository: repository.id, status: 301 }]
    })
  )

/** Renames an owner, and with it every repository of theirs; no hook hears of it. */
export const renameOwner =
  (at: string, login: string, to: string): Step =>
  (forge) => {
    const owned = forge.repositories.filter(({ fullName }) => ownerOf(fullName) === login)
    return unchanged({
      ...forge,
      users: forge.users.map((it) => (it.login === login ? { ...it, login: to } : it)),
      repositories: forge.repositories.map((it) =>
        owned.includes(it) ? { ...it, fullName: it.fullName.replace(login, to), updatedAt: at } : it
      ),
      formerNames: [
        ...forge.formerNames,
        ...owned.map(({ fullName, id }) => ({ fullName, repository: id, status: 307 as const }))
      ]
    })
  }

/** Changes what may be done in a repository; no hook hears of it. */
export const setRepository =
  (
    at: string,
    { id }: Repository,
    access: Partial<Omit<Repository, "id" | "fullName" | "createdAt" | "updatedAt">>
  ): Step =>
  (forge) =>
    unchanged({
      ...forge,
      repositories: forge.repositories.map((it) => (it.id === id ? { ...it, ...access, updatedAt: at } : it))
    })
