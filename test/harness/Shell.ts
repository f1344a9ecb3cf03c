import { Effect, Stream } from "effect"
import { ChildProcess } from "effect/process"

/** Runs a script in a folder, as somebody at a terminal would, and gives what it printed. A failure is a defect. */
export const shell = Effect.fnUntraced(
  function* (folder: string, script: string) {
    const child = yield* ChildProcess.make("bash", ["-euc", script], {
      cwd: folder,
      extendEnv: false,
      env: {
        PATH: "/usr/local/bin:/usr/bin:/bin",
        HOME: "/nonexistent",
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_AUTHOR_NAME: "ada",
        GIT_AUTHOR_EMAIL: "ada@example.com",
        GIT_COMMITTER_NAME: "ada",
        GIT_COMMITTER_EMAIL: "ada@example.com"
      },
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
