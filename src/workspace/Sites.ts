import { Effect, Path } from "effect"
import { SessionId } from "../domain/Session.ts"
import type { Repository } from "../domain/Repository.ts"
import { Git } from "../git/Git.ts"
import { ControlClones } from "./ControlClones.ts"
import { baseNameOf, joinedNameOf } from "./SnapshotRef.ts"
import type { Site } from "./Snapshots.ts"

/** What a workspace is made for. */
export interface Assignment {
  readonly repository: Repository
  readonly number: number
  readonly session: SessionId
  /** The session before it, whose work it goes on with. */
  readonly predecessor: SessionId | null
  /** The commit to begin from where there is no work yet. */
  readonly start: string
}

/** Where the session of an assignment works, in a folder of its own under `root`, and what its work is a change of. */
export const makeSites = (root: string) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const footingOf = yield* makeFooting

    const siteOf = ({ number, repository, session }: Assignment, { base, joined }: Footing): Site => ({
      number,
      session,
      repositoryId: repository.id,
      subject: `${repository.fullName}#${number}`,
      tree: path.join(root, session, "tree"),
      save: path.join(root, session, "save.git"),
      base,
      joined
    })

    return (assignment: Assignment) => Effect.map(footingOf(assignment), (footing) => siteOf(assignment, footing))
  })

type Footing = Pick<Site, "base" | "joined">

/** A session goes on from where its predecessor stood. */
const makeFooting = Effect.gen(function* () {
  const clones = yield* ControlClones
  const git = yield* Git

  return Effect.fnUntraced(function* ({ number, predecessor, repository, session, start }: Assignment) {
    const of = Effect.fnUntraced(function* (id: SessionId) {
      const base = yield* clones.commit(repository.id, baseNameOf({ number, session: id }))
      return base === null
        ? null
        : { base, joined: yield* clones.commit(repository.id, joinedNameOf({ number, session: id })) }
    })
    const own = yield* of(session)
    if (own !== null) return own
    const footing = (predecessor === null ? null : yield* of(predecessor)) ?? { base: start, joined: null }
    const { base, joined } = footing
    yield* git.run({
      operation: "remember where the work begins",
      gitDir: clones.at(repository.id),
      args: ["update-ref", "--stdin"],
      input: [
        `update ${baseNameOf({ number, session })} ${base}`,
        ...(joined === null ? [] : [`update ${joinedNameOf({ number, session })} ${joined}`]),
        ""
      ].join("\n")
    })
    return footing
  })
})
