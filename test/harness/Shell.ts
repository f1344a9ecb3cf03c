import { Effect, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { GIT_ENVIRONMENT } from "../../src/sandbox/gitea/RepositoryGit.ts"

/** Runs a script in a folder, as somebody at a terminal would, and gives what it printed. A failure is a defect. */
export const shell = Effect.fnUntraced(
  function* (folder: string, script: string) {
    const child = yield* ChildProcess.make("bash", ["-euc", script], {
      cwd: folder,
      extendEnv: false,
      env: GIT_ENVIRONMENT,
      stdin: "ignore"
    })
    const [text, said, code] = yield* Effect.all(
      [child.stdout, child.stderr].map((stream) => Stream.mkString(Stream.decodeText(stream))).concat([]),
      { concurrency: "unbounded" }
    ).pipe(
      Effect.zipWith(child.exitCode, ([text = "", said = ""], code) => [text, said, code] as const, {
        concurrent: true
      })
    )
    return code === 0 ? text : yield* Effect.die(`exit code ${code}: ${text}${said}`)
  },
  Effect.scoped,
  Effect.orDie
)

/** A bare repository that has one commit with these files on `main`, at `<folder>/<fullName>.git`. */
export const upstream = Effect.fnUntraced(function* (
  folder: string,
  fullName: string,
  files: Readonly<Record<string, string>>
) {
  const writes = Object.entries(files).map(
    ([name, text]) => `mkdir -p "$(dirname '${name}')"; cat > '${name}' <<'END_OF_FILE'\n${text}\nEND_OF_FILE`
  )
  yield* shell(
    folder,
    [
      `mkdir -p '${fullName}.git' && git init -q --bare -b main '${fullName}.git'`,
      `git init -q -b main seed && cd seed`,
      ...writes,
      `git add -A && git commit -qm first && git push -q '${folder}/${fullName}.git' main`,
      `cd .. && rm -rf seed`
    ].join("\n")
  )
  return `${folder}/${fullName}.git`
})
