import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { readFileSync, statSync, writeFileSync } from "node:fs"
import { ToolHost } from "../../src/tool/ToolHost.ts"
import { gone, LIMITS, tools, workspace } from "./Isolated.ts"

/** Plain children of the test, so that the host is tested wherever the tests run. */
const run = <A, E>(
  use: (call: (name: string, input: unknown) => Effect.Effect<string>, folder: string) => Effect.Effect<A, E>,
  limits = LIMITS
) =>
  Effect.gen(function* () {
    const folder = yield* workspace
    const host = yield* (yield* ToolHost).open({ mounts: [{ path: folder, access: "write" }], cwd: folder })
    const call = (name: string, input: unknown) =>
      host.call(name, input, limits).pipe(
        Effect.orDie,
        Effect.map(({ text, isError }) => `${isError ? "error" : "ok"}: ${text}`)
      )
    return yield* use(call, folder)
  }).pipe(Effect.scoped, Effect.provide(tools({ sandbox: "none" })))

const bash = (call: (name: string, input: unknown) => Effect.Effect<string>, command: string, more: object = {}) =>
  call("bash", { command, ...more })

describe("bash of the tool host", () => {
  it.live("keeps directory and variables from call to call", () =>
    run((call, folder) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* bash(call, "mkdir in && cd in && export A=1"), "ok: (no output)")
        assert.strictEqual(yield* bash(call, "pwd; echo $A"), `ok: ${folder}/in\n1`)
      })
    )
  )

  it.live("tells the exit code with the output, and has nothing to read", () =>
    run((call) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* bash(call, "echo out; echo err >&2; (exit 7)"), "error: out\nerr\nexit 7")
        assert.strictEqual(yield* bash(call, "cat; read line; echo [$line]"), "ok: []")
      })
    )
  )

  it.live.each([
    ["a quote that is not closed", "echo 'never", /unexpected EOF[^]*exit 2$/],
    ["a here-document that is not closed", "cat <<END\ntext", /^ok: [^]*text$/],
    ["half a syntax", "if then", /syntax error[^]*exit 2$/],
    ["a closed output", "exec >&-; echo lost", /exit 1$/],
    ["an output that went elsewhere", "exec >/dev/null 2>&1; echo lost", /^ok: \(no output\)$/],
    ["an end marker that is guessed", "printf '\\n1 0 /\\0'; echo more", /more$/]
  ] as const)("is at once done with %s, and goes on in the same shell", ([, command, expected]) =>
    run(
      (call) =>
        Effect.gen(function* () {
          yield* bash(call, "A=kept")
          assert.match(yield* bash(call, command), expected)
          assert.strictEqual(yield* bash(call, "echo $A"), "ok: kept")
        }),
      { ...LIMITS, time: Duration.seconds(5) }
    )
  )

  it.live.each([
    ["exit", "echo before; exit 3", /^error: before\nThe command ended the shell \(exit 3\)/],
    ["set -e and a failure", "set -e; false; echo not this", /^error: The command ended the shell \(exit 1\)/],
    ["exit beside a job that holds the pipes", "sleep 31 & exit 4", /^error: The command ended the shell \(exit 4\)/],
    ["a kill of the shell", "kill -9 $$", /^error: The shell was ended by SIGKILL/]
  ] as const)(
    "says at once that %s ended the shell, and the next one is in the same directory",
    ([, command, expected]) =>
      run(
        (call, folder) =>
          Effect.gen(function* () {
            yield* bash(call, "mkdir in; cd in; A=gone")
            assert.match(yield* bash(call, command), expected)
            assert.strictEqual(yield* bash(call, "pwd; echo [$A]"), `ok: ${folder}/in\n[]`)
          }),
        { ...LIMITS, time: Duration.seconds(5) }
      )
  )

  it.live("returns while a background job goes on, and gives none of its late output to others", () =>
    run((call) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* bash(call, "(sleep 0.2; echo late) & echo started"), "ok: started")
        assert.match(yield* bash(call, "jobs"), /Running/)
        yield* Effect.sleep("400 millis")
        assert.strictEqual(yield* bash(call, "echo next"), "ok: next")
      })
    )
  )

  it.live("ends at its limit with all that it started, a daemon in a session of its own included", () =>
    run((call) =>
      Effect.gen(function* () {
        const late = yield* bash(call, "setsid sleep 311.5 & echo begun; sleep 311.6", { timeout_ms: 300 })
        assert.match(late, /^error: begun\nStopped after 0 s, with everything that the shell had started/)
        yield* gone("sleep 311.")
      })
    )
  )

  it.live("has a limit that the model cannot raise, or break with a number no timer knows", () =>
    run(
      (call) =>
        Effect.gen(function* () {
          assert.match(yield* bash(call, "sleep 9", { timeout_ms: 60_000 }), /Stopped after 1 s/)
          assert.strictEqual(yield* bash(call, "sleep 0.1; echo slow", { timeout_ms: 2 ** 32 }), "ok: slow")
          assert.strictEqual(yield* bash(call, "sleep 0.1; echo slow", { timeout_ms: -1 }), "ok: slow")
        }),
      { ...LIMITS, time: Duration.seconds(1) }
    )
  )

  it.live("shows the beginning and the end of what it prints for ever, and cuts long lines", () =>
    run(
      (call) =>
        Effect.gen(function* () {
          const text = yield* bash(call, "echo first; seq 1 200000; echo last")
          assert.isBelow(Buffer.byteLength(text), 5_200)
          assert.match(text, /^ok: first\n1\n2\n[^]*\[\d+ bytes left out\][^]*200000\nlast$/)
          assert.match(yield* bash(call, "yes", { timeout_ms: 300 }), /Stopped after/)
          assert.match(
            yield* bash(call, "head -c 3000 /dev/zero | tr '\\0' x"),
            /x \[1000 characters of this line left out\]$/
          )
        }),
      { ...LIMITS, bytes: 5_000 }
    )
  )

  it.live("refuses a NUL, and survives a workspace that was deleted", () =>
    run((call, folder) =>
      Effect.gen(function* () {
        assert.match(yield* bash(call, "echo a\0b"), /cannot have a NUL/)
        yield* bash(call, `rm -rf ${folder}; mkdir ${folder}; exit`)
        assert.strictEqual(yield* bash(call, "pwd"), `ok: ${folder}`)
      })
    )
  )

  it.live("begins anew when it is asked to", () =>
    run((call) =>
      Effect.gen(function* () {
        yield* bash(call, "A=1")
        assert.strictEqual(yield* call("bash", { restart: true }), "ok: a new shell")
        assert.strictEqual(yield* bash(call, "echo [$A]"), "ok: []")
        assert.match(yield* call("bash", {}), /command is required/)
      })
    )
  )
})

describe("file tools of the tool host", () => {
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

  it.live("write files and folders with the modes of a checkout, and scripts that can be run", () =>
    run((call, folder) =>
      Effect.gen(function* () {
        yield* call("write", { file_path: "a/b/text", content: "text" })
        yield* call("write", { file_path: "a/run", content: "#!/bin/sh\necho ran\n" })
        assert.deepStrictEqual(
          ["a", "a/b", "a/b/text", "a/run"].map((path) => mode(`${folder}/${path}`)),
          ["755", "755", "644", "755"]
        )
        assert.strictEqual(yield* bash(call, "a/run"), "ok: ran")
        yield* call("write", { file_path: "a/run", content: "no script any more" })
        assert.strictEqual(mode(`${folder}/a/run`), "755")
      })
    )
  )

  it.live("edit no file that is not UTF-8, and say so when they read one", () =>
    run((call, folder) =>
      Effect.gen(function* () {
        const bytes = Buffer.from([0x61, 0xff, 0x62])
        writeFileSync(`${folder}/latin`, bytes)
        assert.match(
          yield* call("edit", { file_path: "latin", old_string: "a", new_string: "b" }),
          /^error: edit: latin is not UTF-8/
        )
        assert.deepStrictEqual(readFileSync(`${folder}/latin`), bytes)
        assert.match(yield* call("read", { file_path: "latin" }), /^ok: a\uFFFDb\n\[not UTF-8/)
      })
    )
  )

  it.live("stay in the workspace, and wait for no fifo", () =>
    run((call) =>
      Effect.gen(function* () {
        yield* bash(call, "ln -s /etc/passwd out; mkfifo pipe; echo needle > in")
        assert.match(yield* call("read", { file_path: "out" }), /^error: .*outside/)
        assert.match(yield* call("write", { file_path: "../x", content: "" }), /^error: .*outside/)
        assert.match(yield* call("read", { file_path: "pipe" }), /^error: .*not a regular file/)
        assert.match(yield* call("grep", { pattern: "needle" }), /^ok: .*in:1:needle/)
        assert.match(yield* call("glob", { pattern: "i*" }), /^ok: .*in/)
      })
    )
  )

  it.live("answer bad input with what is wrong with it", () =>
    run((call) =>
      Effect.gen(function* () {
        assert.match(yield* call("read", {}), /^error: Invalid input: [^]*file_path/)
        assert.match(yield* call("toString", {}), /^error: There is no tool/)
      })
    )
  )
})

describe("ToolHost", () => {
  it.live("starts a new host after one that was killed, and says so", () =>
    run((call) =>
      Effect.gen(function* () {
        assert.match(yield* bash(call, "kill -9 $PPID; sleep 5"), /^error: The tool host .*killed.*next call starts/)
        assert.strictEqual(yield* bash(call, "echo back"), "ok: back")
      })
    )
  )

  it.live("leaves nothing behind when the scope of a session ends", () =>
    Effect.gen(function* () {
      yield* run((call) => bash(call, "setsid sleep 312.5 & (setsid sleep 312.6 &)"))
      yield* gone("sleep 312.")
    })
  )

  it.live("has nothing of our environment", () =>
    run((call) =>
      Effect.gen(function* () {
        // Node hands NODE_V8_COVERAGE down by itself when coverage is measured, whatever environment it is told.
        const names = yield* bash(call, "env | cut -d= -f1 | grep -vx NODE_V8_COVERAGE | sort | tr '\\n' ' '")
        assert.strictEqual(names.trim(), "ok: HOME LANG MOSAIC_TOOLS PATH PWD SHLVL TERM TMPDIR _")
      })
    )
  )
})
