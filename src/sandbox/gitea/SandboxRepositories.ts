import { Effect } from "effect"
import type { Step } from "./Change.ts"
import { findRepository } from "./Forge.ts"
import type { Repository } from "./Forge.ts"
import { ForgeStore } from "./ForgeStore.ts"
import { renameOwner, renameRepository, setRepository } from "./RepositoryChanges.ts"

/** What people do with repositories, and with the rights of the bot on them. */
export interface SandboxRepositories {
  /** Renames or transfers: the old path answers 301 from now on, and no hook is sent. */
  rename(repository: string, fullName: string): Effect.Effect<void>
  /** Renames a user or an organization: the old paths of its repositories answer 307 from now on, and no hook is sent. */
  renameOwner(login: string, to: string): Effect.Effect<void>
  /**
   * Takes a repository out of the bot's sight: it is in no list, and the bot's calls to it are refused, with 404 as long as
   * nothing else is said. Hooks are sent all the same, and none tells of it.
   */
  hide(repository: string, refusal?: 403 | 404): Effect.Effect<void>
  show(repository: string): Effect.Effect<void>
  /** From now on comments are refused with 423; `unarchive`: no longer. No hook tells of it. */
  archive(repository: string): Effect.Effect<void>
  unarchive(repository: string): Effect.Effect<void>
  /** From now on the bot may only read the repository, and comment; `grant`: write to it, as at first. */
  withdraw(repository: string): Effect.Effect<void>
  grant(repository: string): Effect.Effect<void>
  /** Makes the bot an administrator of a repository, who may read its hooks. */
  promote(repository: string): Effect.Effect<void>
}

/** Repositories by their full names; an unknown one is a defect. */
export const repositoriesOf = (store: ForgeStore["Service"]) => {
  const named = (fullName: string): Effect.Effect<Repository> =>
    Effect.flatMap(store.view, ({ forge }) => Effect.orDie(Effect.fromOption(findRepository(forge, fullName))))

  const onRepository = Effect.fnUntraced(function* (name: string, step: (at: string, repository: Repository) => Step) {
    const repository = yield* named(name)
    yield* store.apply((at) => step(at, repository))
  })

  return { named, onRepository }
}

export const makeRepositories = Effect.gen(function* () {
  const store = yield* ForgeStore
  const { onRepository } = repositoriesOf(store)

  const repositories: SandboxRepositories = {
    rename: (name, fullName) => onRepository(name, (at, it) => renameRepository(at, it, fullName)),
    renameOwner: (login, to) => Effect.asVoid(store.apply((at) => renameOwner(at, login, to))),
    hide: (name, refusal = 404) => onRepository(name, (at, it) => setRepository(at, it, { refusal })),
    show: (name) => onRepository(name, (at, it) => setRepository(at, it, { refusal: null })),
    archive: (name) => onRepository(name, (at, it) => setRepository(at, it, { archived: true })),
    unarchive: (name) => onRepository(name, (at, it) => setRepository(at, it, { archived: false })),
    promote: (name) => onRepository(name, (at, it) => setRepository(at, it, { administered: true })),
    withdraw: (name) => onRepository(name, (at, it) => setRepository(at, it, { writable: false })),
    grant: (name) => onRepository(name, (at, it) => setRepository(at, it, { writable: true }))
  }
  return repositories
})
