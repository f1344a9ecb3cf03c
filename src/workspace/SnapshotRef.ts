import { SessionId } from "../domain/Session.ts"

/** Whose work it is: the number of the issue, and the session. */
export interface Author {
  readonly number: number
  readonly session: SessionId
}

/** A snapshot by its name: the n-th of a session, from 1 on. */
export interface SnapshotRef extends Author {
  readonly n: number
}

/** Every ref of ours begins so. Gitea keeps them, and shows them as no branch. */
export const REFS = "refs/mosaic"

/** Under the same names below it, what of them is known to be in Gitea, too. Of this clone alone. */
export const KEPT = "refs/kept"

export const folderOf = ({ number, session }: Author): string => `${REFS}/${number}/${session}`

export const nameOf = (ref: SnapshotRef): string => `${folderOf(ref)}/${ref.n}`

/** The commit that a session's work began from. */
export const baseNameOf = (author: Author): string => `${folderOf(author)}/base`

/** The commit of the base branch that a session has taken in beside where its work begins. */
export const joinedNameOf = (author: Author): string => `${folderOf(author)}/joined`

/** The commit with both sides of a clash that a session was asked to solve. */
export const clashedNameOf = (author: Author): string => `${folderOf(author)}/clashed`

/** The commit whose tree passed the checks, with what they said in its message. */
export const checkedNameOf = (author: Author): string => `${folderOf(author)}/checked`

/** Where commits that are pushed are remembered. Of this clone alone. */
export const PUSHED = "refs/pushed"

/** The commit that was pushed last for an issue, remembered before it is pushed. */
export const pushedName = (number: number): string => `${PUSHED}/${number}`

const NAME = new RegExp(`^${REFS}/(\\d+)/([\\w-]+)/(\\d+)$`)

export const parseName = (name: string): SnapshotRef | null => {
  const [, number, session, n] = NAME.exec(name) ?? []
  return number === undefined || session === undefined || n === undefined
    ? null
    : { number: Number(number), session: SessionId.make(session), n: Number(n) }
}

/** Where it is noted that Gitea has a ref of ours. */
export const keptNameOf = (name: string): string => `${KEPT}${name.slice(REFS.length)}`

/** The newest snapshot of a session among the names of refs; null: it has none. */
export const newestOf = (names: ReadonlyArray<string>, author: Author): SnapshotRef | null =>
  names
    .map(parseName)
    .filter((ref) => ref !== null)
    .filter(({ number, session }) => number === author.number && session === author.session)
    .reduce<SnapshotRef | null>((newest, ref) => (newest === null || ref.n > newest.n ? ref : newest), null)
