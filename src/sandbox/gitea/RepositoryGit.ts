import { NodeServices } from "@effect/platform-node"
import { Context, Effect, FileSystem, Layer, Stream } from "effect"
import type { PlatformError } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"

const DEFAULT_BRANCH = "main"

/** Where the hook notes pushes to `refs/for/`. */
export const AGIT_FILE = "agit-pushes"

const OPTIONS = `topic=; title=; description=; force=; i=0
while [ "$i" -lt "\${GIT_PUSH_OPTION_COUNT:-0}" ]; do
  eval "option=\\$GIT_PUSH_OPTION_$i"; i=$((i + 1))
  case "$option" in
    topic=*) topic="\${option#topic=}" ;; title=*) title="\${option#title=}" ;;
    description=*) description="\${option#description=}" ;; force-push=true) force=yes ;;
  esac
done`

/**
 * Gitea's hooks, as far as they concern protection, the right to write, and pull requests by push: they speak to whoever pushes. The
 * real one takes a push to `refs/for/` in another hook, and says what it refuses in other places.
 */
const PRE_RECEIVE = `#!/bin/sh
${OPTIONS}
deny() { printf '\\nerror:\\nerror: %s\\nerror:\\n' "$1" >&2; exit 1; }
while read -r _ new ref; do
  case "$ref" in
    refs/for/*)
      head="$(git rev-parse -q --verify "refs/agit/$topic" || true)"
      if [ "$head" = "$new" ]; then deny "new commit is same with old commit"; fi
      if [ -n "$head" ] && [ -z "$force" ] && ! git merge-base --is-ancestor "$head" "$new"; then
        deny "request 'force-push' push option"
      fi
      continue ;;
  esac
  if [ "$MOSAIC_WRITABLE" = no ]; then deny "User permission denied for writing."; fi
  case " $MOSAIC_PROTECTED " in
    *" $ref "*) deny "Not allowed to push to protected branch \${ref#refs/heads/}" ;;
  esac
done
`

const POST_RECEIVE = `#!/bin/sh
${OPTIONS}
while read -r _ new ref; do
  case "$ref" in
    refs/for/*)
      git update-ref "refs/agit/$topic" "$new"
      git update-ref -d "$ref"
      printf '%s\\t%s\\t%s\\t%s\\t%s\\n' "\${ref#refs/for/}" "$topic" "$new" "$title" "$description" >> ${AGIT_FILE} ;;
  esac
done
`

const RUNNABLE = 0o755

export interface Cgi {
  readonly env: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** The repositories themselves: bare, in a folder that goes with the server, empty until something is pushed. */
export class RepositoryGit extends Context.Service<
  RepositoryGit,
  {
    /** The folder of a repository by its id. */
    folder(id: number): Effect.Effect<string>
    /** What git prints; a failure is a defect. */
    git(id: number, args: ReadonlyArray<string>, input?: string): Effect.Effect<string>
    /** Commits by the names of branches. */
    branches(id: number): Effect.Effect<Readonly<Record<string, string>>>
    /** Commits by the full names of refs under a prefix that ends in "/". */
    commits(id: number, prefix: string): Effect.Effect<Readonly<Record<string, string>>>
    /** Whether there is such a commit. */
    has(id: number, commit: string): Effect.Effect<boolean>
    /** Makes a commit with these files on a branch, on top of what is there. */
    seed(id: number, files: Readonly<Record<string, string>>, branch?: string): Effect.Effect<string>
    /** What git answers to a request over HTTP, head and body, as a CGI program gives it. */
    serve(id: number, cgi: Cgi): Effect.Effect<Uint8Array>
  }
>()("mosaic-coordinator/sandbox/gitea/RepositoryGit") {
  static readonly layer = Layer.effect(
    RepositoryGit,
    Effect.gen(function* () {
      const runs = yield* makeRuns
      const { exec, folder, git, root } = runs

      return {
        folder,
        git,
        ...branchesOf(runs),
        has: (id, commit) =>
          Effect.flatMap(folder(id), (path) =>
            Effect.map(
              exec(["--git-dir", path, "cat-file", "-e", `${commit}^{commit}`], { mayFail: true }),
              ({ code }) => code === 0
            )
          ).pipe(Effect.orDie),
        serve: (id, { body, env }) =>
          Effect.flatMap(folder(id), () =>
            Effect.map(
              exec(["http-backend"], {
                body,
                mayFail: true,
                env: { GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: "1", ...env }
              }),
              ({ stdout }) => stdout
            )
          ).pipe(Effect.orDie)
      }
    })
  ).pipe(Layer.provide(NodeServices.layer), Layer.orDie)
}

interface Given {
  readonly env?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly mayFail?: boolean
}

/** For a git that reads nothing of the machine's, and commits as ada. */
export const GIT_ENVIRONMENT = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "ada",
  GIT_AUTHOR_EMAIL: "ada@example.com",
  GIT_COMMITTER_NAME: "ada",
  GIT_COMMITTER_EMAIL: "ada@example.com"
}

const makeExec = (spawner: ChildProcessSpawner.ChildProcessSpawner["Service"], cwd: string) =>
  Effect.fnUntraced(function* (args: ReadonlyArray<string>, { body, env = {}, mayFail = false }: Given = {}) {
    const child = yield* spawner.spawn(
      ChildProcess.make("git", args, {
        cwd,
        extendEnv: false,
        env: { ...GIT_ENVIRONMENT, ...env },
        stdin: body === undefined ? "ignore" : Stream.make(body)
      })
    )
    const bytes = (stream: Stream.Stream<Uint8Array, PlatformError.PlatformError>) => Stream.mkUint8Array(stream)
    const [stdout, stderr, code] = yield* Effect.all([bytes(child.stdout), bytes(child.stderr), child.exitCode], {
      concurrency: "unbounded"
    })
    if (code === 0 || mayFail) return { code, stdout }
    return yield* Effect.die(`git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`)
  }, Effect.scoped)

/** Git, run in the folders of repositories, each made when it is first asked for. */
const makeRuns = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const root = yield* fs.makeTempDirectoryScoped({ prefix: "mosaic-gitea-" })
  const exec = makeExec(spawner, root)

  const folder = Effect.fnUntraced(function* (id: number) {
    const path = `${root}/${id}.git`
    if (yield* fs.exists(path)) return path
    yield* exec(["init", "--quiet", "--bare", `--initial-branch=${DEFAULT_BRANCH}`, "--template=", path])
    yield* exec(["--git-dir", path, "config", "http.receivepack", "true"])
    yield* exec(["--git-dir", path, "config", "receive.advertisePushOptions", "true"])
    yield* fs.makeDirectory(`${path}/hooks`)
    yield* fs.writeFileString(`${path}/hooks/pre-receive`, PRE_RECEIVE, { mode: RUNNABLE })
    yield* fs.writeFileString(`${path}/hooks/post-receive`, POST_RECEIVE, { mode: RUNNABLE })
    return path
  }, Effect.orDie)

  const git = (id: number, args: ReadonlyArray<string>, input?: string) =>
    Effect.flatMap(folder(id), (path) =>
      Effect.map(
        exec(["--git-dir", path, ...args], input === undefined ? {} : { body: new TextEncoder().encode(input) }),
        ({ stdout }) => new TextDecoder().decode(stdout)
      )
    ).pipe(Effect.orDie)

  return { root, exec, folder, git }
})

/** The branches of repositories, and commits made on them. */
const branchesOf = ({ exec, folder, git }: Effect.Success<typeof makeRuns>) => {
  const listed = (id: number, name: string, prefix: string) =>
    Effect.map(git(id, ["for-each-ref", `--format=${name} %(objectname)`, prefix]), (text) =>
      Object.fromEntries(
        text
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => line.split(" ") as [string, string])
      )
    )
  const branches = (id: number) => listed(id, "%(refname:strip=2)", "refs/heads/")
  const commits = (id: number, prefix: string) => listed(id, "%(refname)", prefix)

  const seed = Effect.fnUntraced(function* (
    id: number,
    files: Readonly<Record<string, string>>,
    branch: string = DEFAULT_BRANCH
  ) {
    const before = (yield* branches(id))[branch]
    const blobs = yield* Effect.forEach(Object.entries(files), ([name, text]) =>
      Effect.map(git(id, ["hash-object", "-w", "--stdin"], text), (blob) => `100644 ${blob.trim()}\t${name}\n`)
    )
    const path = yield* folder(id)
    const index = { env: { GIT_INDEX_FILE: `${path}/seed.index`, GIT_DIR: path } }
    if (before !== undefined) yield* exec(["read-tree", before], index)
    const body = new TextEncoder().encode(blobs.join(""))
    yield* exec(["update-index", "--add", "--index-info"], { ...index, body })
    const tree = new TextDecoder().decode((yield* exec(["write-tree"], index)).stdout).trim()
    const parents = before === undefined ? [] : ["-p", before]
    const commit = (yield* git(id, ["commit-tree", tree, ...parents, "-m", "Add files"])).trim()
    yield* git(id, ["update-ref", `refs/heads/${branch}`, commit])
    return commit
  }, Effect.orDie)

  return { branches, commits, seed }
}
