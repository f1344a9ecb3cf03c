import { Array, Effect } from "effect"
import type { FullName } from "../domain/Repository.ts"
import { Git } from "../git/Git.ts"
import { folderOf, KEPT, keptNameOf, parseName, REFS } from "./SnapshotRef.ts"

/** Refs that one push takes. */
const AT_ONCE = 500

export interface Ref {
  readonly name: string
  readonly commit: string
}

/** Of the snapshots of a session its newest, and every other ref of ours. */
const neededOf = (refs: ReadonlyArray<Ref>): ReadonlyArray<Ref> => {
  const newest = new Map<string, number>()
  for (const { name } of refs) {
    const ref = parseName(name)
    if (ref !== null) newest.set(folderOf(ref), Math.max(ref.n, newest.get(folderOf(ref)) ?? 0))
  }
  return refs.filter(({ name }) => {
    const ref = parseName(name)
    return ref === null || ref.n === newest.get(folderOf(ref))
  })
}

/**
 * Pure: of the refs of a clone under `refs/mosaic` and `refs/kept`, what is needed to go on with the work, what of that is not known
 * to be in Gitea as it is now, and which notes are of no use any more.
 */
export const unkept = (
  refs: ReadonlyArray<Ref>
): {
  readonly needed: ReadonlyArray<Ref>
  readonly missing: ReadonlyArray<Ref>
  readonly stale: ReadonlyArray<string>
} => {
  const noted = new Map(
    refs.filter(({ name }) => name.startsWith(`${KEPT}/`)).map(({ commit, name }) => [name, commit])
  )
  const needed = neededOf(refs.filter(({ name }) => name.startsWith(`${REFS}/`)))
  const names = new Set(needed.map(({ name }) => keptNameOf(name)))
  return {
    needed,
    missing: needed.filter(({ commit, name }) => noted.get(keptNameOf(name)) !== commit),
    stale: [...noted.keys()].filter((name) => !names.has(name))
  }
}

/** A commit and a name on each line. */
const parseRefs = (text: string): ReadonlyArray<Ref> =>
  text.split("\n").flatMap((line) => {
    const [commit = "", name = ""] = line.split(/\s/)
    return name === "" ? [] : [{ name, commit }]
  })

const isFooting = ({ name }: Ref): boolean => /\/(base|joined)$/.test(name)
const sessionOf = ({ name }: Ref): string => name.slice(0, name.lastIndexOf("/"))

/** Pure: without those of sessions that have nothing but where their work would begin. Nobody goes on with these. */
export const ofWork = (refs: ReadonlyArray<Ref>): ReadonlyArray<Ref> => {
  const worked = new Set(refs.filter((ref) => !isFooting(ref)).map(sessionOf))
  return refs.filter((ref) => worked.has(sessionOf(ref)))
}

/** Keeps the work of a clone in Gitea, and knows what of it is there. */
export const makeKeeping = Effect.gen(function* () {
  const git = yield* Git

  /** Of one issue, or of all. */
  const look = (gitDir: string, number: number | null) =>
    git
      .text({
        operation: "list refs",
        gitDir,
        args: ["for-each-ref", "--format=%(objectname) %(refname)"].concat(
          [REFS, KEPT].map((folder) => `${folder}/${number === null ? "" : `${number}/`}`)
        )
      })
      .pipe(Effect.map((text) => unkept(parseRefs(text))))

  /** Of refs, those that Gitea has not, or at another commit, in the repository that has this name now. */
  const absent = Effect.fnUntraced(function* (fullName: FullName, refs: ReadonlyArray<Ref>) {
    const remote = git.remote(fullName)
    const text = yield* git.text({
      operation: "look for saved work",
      gitDir: null,
      asBot: remote.startsWith("http"),
      args: ["ls-remote", "--quiet", remote, `${REFS}/*`]
    })
    const there = new Map(parseRefs(text).map(({ commit, name }) => [name, commit]))
    return refs.filter(({ commit, name }) => there.get(name) !== commit)
  })

  /** A snapshot never moves; where a session stands does. */
  const specOf = ({ commit, name }: Ref) => `${parseName(name) === null ? "+" : ""}${commit}:${name}`

  const keep = Effect.fn("Keeping.keep")(function* (gitDir: string, fullName: FullName, number: number | null) {
    const { missing, stale } = yield* look(gitDir, number)
    const sent = missing.slice(0, AT_ONCE)
    if (sent.length === 0) return
    const remote = git.remote(fullName)
    const declined = yield* git
      .run({
        operation: "push a snapshot",
        gitDir,
        asBot: remote.startsWith("http"),
        args: ["push", "--quiet", remote, ...sent.map(specOf)]
      })
      .pipe(
        Effect.as(null),
        Effect.catchIf(({ reason }) => reason === "declined", Effect.succeed)
      )
    // Where a hook declines one, it may take the others.
    const left = declined === null ? [] : yield* Effect.mapError(absent(fullName, sent), () => declined)
    yield* git.run({
      operation: "note what Gitea has",
      gitDir,
      args: ["update-ref", "--stdin"],
      input: [
        ...Array.difference(sent, left).map(({ commit, name }) => `update ${keptNameOf(name)} ${commit}\n`),
        ...stale.map((name) => `delete ${name}\n`)
      ].join("")
    })
    if (declined !== null) return yield* declined
  })

  return { absent, keep, look }
})
