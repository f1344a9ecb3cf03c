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
        { id: forge.repositories.length + 1, fullName, createdAt: at, updatedAt: at }
      ]
    })
  )

/** Renames or transfers; the old name stays as a redirect, and no hook hears of it. */
export const renameRepository = (at: string, repository: Repository, fullName: string): Step =>
  inOrder(introduce(at, ownerOf(fullName)), (forge) =>
    unchanged({
      ...forge,
      repositories: forge.repositories.map((it) => (it.id === repository.id ? { ...it, fullName, updatedAt: at } : it)),
      formerNames: [...forge.formerNames, { fullName: repository.fullName, repository: repository.id }]
    })
  )
