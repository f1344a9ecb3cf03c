import { Effect } from "effect"
import { CHECK_FILE } from "../check/CheckFile.ts"
import { MANIFESTS } from "../check/CheckGuess.ts"
import { Git } from "../git/Git.ts"
import type { GitError } from "../git/GitError.ts"
import { ControlClones } from "../workspace/ControlClones.ts"

/** Files of a repository that advise agents. */
export const ADVICE_FILES: ReadonlyArray<string> = ["AGENTS.md", "CLAUDE.md"]
const ATTRIBUTES = ".gitattributes"
const SUBMODULES = ".gitmodules"

const NAMES = [CHECK_FILE, ATTRIBUTES, SUBMODULES, ...ADVICE_FILES, ...MANIFESTS]

/** Bytes of a file that is read; lock files may be larger, and are known by their names alone. */
const LARGEST = 256 * 1024

/** A text, or why there is none under a name that is there. */
export type BaseFile = { readonly text: string } | { readonly text: null; readonly why: "too large" | "no file" }
/** By name; what is not there is not in it. */
export type BaseFiles = ReadonlyMap<string, BaseFile>

interface Entry {
  readonly name: string
  readonly mode: string
  readonly object: string
  readonly size: number
}

const ENTRY = /^(\d+) \w+ ([0-9a-f]+) +(\d+|-)\t([^]+)$/

const entriesOf = (text: string): ReadonlyArray<Entry> =>
  text.split("\0").flatMap((line) => {
    const [, mode = "", object = "", size = "", name = ""] = ENTRY.exec(line) ?? []
    return name === "" ? [] : [{ name, mode, object, size: size === "-" ? 0 : Number(size) }]
  })

const isFile = ({ mode }: Entry): boolean => mode.startsWith("100")

/** Reads the files that mean something here from a commit: all of them of the base branch, because what an agent changes decides nothing. */
export const makeBaseFiles = Effect.gen(function* () {
  const clones = yield* ControlClones
  const git = yield* Git
  const operation = "read the files of the base branch"

  return Effect.fn("BaseFiles.read")(function* (repositoryId: number, commit: string) {
    const gitDir = clones.at(repositoryId)
    const tree = yield* git.run({
      operation,
      gitDir,
      args: ["ls-tree", "-z", "-l", "--full-tree", commit, "--", ...NAMES]
    })
    const read = Effect.fnUntraced(function* (entry: Entry): Effect.fn.Return<BaseFile, GitError> {
      if (!isFile(entry)) return { text: null, why: "no file" }
      if (entry.size > LARGEST) return { text: null, why: "too large" }
      const { text } = yield* git.run({ operation, gitDir, args: ["cat-file", "blob", entry.object] })
      return { text }
    })
    const files = yield* Effect.forEach(entriesOf(tree.text), (entry) =>
      Effect.map(read(entry), (file) => [entry.name, file] as const)
    )
    return new Map(files) as BaseFiles
  })
})

/** What is odd about a repository, as sentences for the session and the readers of the issue. */
export const remarksOf = (files: BaseFiles): ReadonlyArray<string> => [
  ...(/\bfilter=lfs\b/.test(files.get(ATTRIBUTES)?.text ?? "")
    ? ["Its large files (Git LFS) are pointers here; they are carried along, and must not be replaced."]
    : []),
  ...(files.has(SUBMODULES) ? ["Its submodules are empty folders here; they are carried along as they are."] : [])
]

/** The advice of the files; a link from one name to the other is no second piece. */
export const adviceOf = (files: BaseFiles): ReadonlyArray<{ readonly from: string; readonly text: string }> =>
  ADVICE_FILES.flatMap((from) => {
    const file = files.get(from)
    return file === undefined || file.text === null || file.text.trim() === "" ? [] : [{ from, text: file.text }]
  })
