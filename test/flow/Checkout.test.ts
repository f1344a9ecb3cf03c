import { NodeServices } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, Layer } from "effect"
import type { Schema } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { inspect } from "node:util"
import { afterAll, vi } from "vitest"
import { toolResults } from "../../src/sandbox/claude/Conversation.ts"
import type { MessagesRequest } from "../../src/sandbox/claude/MessagesRequest.ts"
import type { Reply } from "../../src/sandbox/claude/Reply.ts"
import { ToolHost } from "../../src/tool/ToolHost.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { lacking } from "../harness/Lacking.ts"
import { shell } from "../harness/Shell.ts"

vi.setConfig({ testTimeout: 90_000 })

const folder = mkdtempSync(join(tmpdir(), "mosaic-flow-"))
const withTools = (model = "claude-sandbox") =>
  harness({
    tools: ToolHost.layer,
    settings: { workDir: join(folder, model), sandbox: "auto", model, setupHosts: ["granted.example.com"] }
  }).pipe(Layer.provideMerge(NodeServices.layer))

const call = (name: string, input: Schema.JsonObject) => ({ type: "tool_use", name, input }) as const
const DONE = { answer: "Nothing was wrong but this.", title: "Say hello", status: "done" }

/** One reply after the other, by how many results there are; each session begins anew. */
const inTurn =
  (...replies: ReadonlyArray<Reply>) =>
  (request: MessagesRequest): Reply =>
    replies[toolResults(request).length] ?? { content: [] }

const LARGE = {
  ".gitattributes": "*.psd filter=lfs diff=lfs merge=lfs -text",
  "art/logo.psd": `version https://git-lfs.github.com/spec/v1\noid sha256:${"4d".repeat(32)}\nsize 12345\n`,
  ".gitmodules": '[submodule "lib"]\n\tpath = vendor/lib\n\turl = https://git.example.com/acme/lib.git'
}
const SUBMODULE = "1a".repeat(20)
/** Puts a submodule into the default branch of a bare repository. */
const LINK = `export GIT_INDEX_FILE="$PWD/link.index"; git read-tree main
  git update-index --add --cacheinfo 160000,${SUBMODULE},vendor/lib
  git update-ref refs/heads/main "$(git commit-tree "$(git write-tree)" -p main -m link)"; rm link.index`

/** A repository with these files and what a script does to it, and an issue of it that is assigned. */
const assigned = Effect.fnUntraced(function* (
  name: string,
  files: Readonly<Record<string, string>>,
  script: string = "true"
) {
  const it = yield* flow
  const { claude, gitea } = it
  yield* gitea.createRepository(name)
  yield* gitea.commit(name, files)
  yield* shell(yield* gitea.folder(name), script)
  const before = (yield* claude.requests).length
  const issue = yield* gitea.openIssue({
    repository: name,
    title: "Greet",
    body: "Say hello.",
    assignees: [gitea.bot.login]
  })
  /** Everything that Claude was sent for it. */
  const sent = Effect.map(claude.requests, (all) =>
    all.slice(before).flatMap(({ body, operation }) => (operation === "messages" && body !== null ? [body] : []))
  )
  return { ...it, issue, sent }
})

const firstText = (request: MessagesRequest | undefined) => JSON.stringify(request?.messages[0] ?? "")

describe.skipIf(lacking("bwrap"))("A session in a checkout", () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  layer(withTools(), { excludeTestServices: true })((it) => {
    it.effect("is told of the repository's advice and of the guess, and so are the readers", () =>
      Effect.gen(function* () {
        const hello = call("bash", { command: "echo hello > hello; echo changed > AGENTS.md; pwd" })
        const { claude } = yield* flow
        yield* claude.respond(inTurn({ content: [hello] }, { content: [call("finish", DONE)] }))
        const first = yield* claude.hold("messages")
        const { becomes, gitea, issue, progress, said, sent } = yield* assigned("acme/greeter", {
          "AGENTS.md": "Greet in lower case.",
          "CLAUDE.md": "Never greet twice.",
          "package.json": '{ "scripts": { "test": "test -f package.json" } }'
        })
        yield* first.arrived
        const second = yield* claude.hold("messages")
        yield* first.release
        yield* second.arrived
        yield* said
        const [comment] = yield* progress(issue)
        assert.match(comment?.body ?? "", /At work[^]*its checks are guessed from its files: `npm run test`\./)
        yield* second.release
        yield* becomes(issue, "completed")
        const [opening] = yield* sent
        assert.match(inspect(opening?.system, { depth: 9 }), /`run_checks` runs the repository's own checks/)
        const told = firstText(opening)
        assert.match(told, /Your working folder is a checkout of branch main of acme\/greeter\./)
        assert.match(told, /guessed from its manifests[^=]*- npm run test/)
        assert.match(told, /AGENTS\.md of the base branch: advice [^=]*cannot widen[^=]*Greet in lower case\./)
        assert.match(told, /CLAUDE\.md of the base branch: advice [^=]*Never greet twice\./)
        const [pull] = yield* gitea.pulls("acme/greeter")
        assert.strictEqual(pull?.title, "Say hello (#1)")
        assert.match(pull?.body ?? "", /passed: npm run test[^]*no `\.mosaic\.yml`: these were guessed/)
        const git = yield* gitea.folder("acme/greeter")
        assert.match(yield* shell(git, "git log -1 --format=%B mosaic/1"), /^Say hello \(#1\)\n\nNothing was wrong/)
      })
    )

    it.effect("finds done what `setup` does, and hands in nothing of it", () =>
      Effect.gen(function* () {
        const look = call("bash", { command: "cat built lib/a README.md; echo hello > hello" })
        yield* (yield* flow).claude.respond(inTurn({ content: [look] }, { content: [call("finish", DONE)] }))
        const { becomes, gitea, issue, sent } = yield* assigned("acme/built", {
          "README.md": "Greeter",
          ".mosaic.yml": [
            "setup:",
            '  commands: ["echo one > built; mkdir lib; echo two > lib/a", "echo spoilt > README.md"]',
            "  hosts: [refused.example.com]",
            'checks: [{ name: "is built", command: "test -f built && test -f hello" }]',
            "instructions: Keep greetings short."
          ].join("\n")
        })
        yield* becomes(issue, "completed")
        const [first, second] = yield* sent
        assert.match(firstText(first), /what its setup said in your working folder[^=]*passed: echo one > built/)
        assert.match(firstText(first), /instructions in \.mosaic\.yml of the base branch[^=]*Keep greetings short\./)
        assert.strictEqual(toolResults(second ?? ({ messages: [] } as never))[0]?.text, "one\ntwo\nGreeter")
        const git = yield* gitea.folder("acme/built")
        assert.strictEqual(yield* shell(git, "git diff --name-status main mosaic/1"), "A\thello\n")
        assert.notInclude((yield* gitea.pulls("acme/built"))[0]?.body ?? "", "guessed")
      })
    )

    it.effect("carries large files and submodules along as they are, and is told of them as the readers are", () =>
      Effect.gen(function* () {
        const { claude } = yield* flow
        const look = call("bash", {
          command: "cat art/logo.psd; ls -A vendor/lib; echo more >> README.md; git status --porcelain"
        })
        yield* claude.respond(inTurn({ content: [look] }, { content: [call("finish", DONE)] }))
        const check = "checks: [{ name: is whole, command: grep -q git-lfs art/logo.psd && test -d vendor/lib }]"
        const files = { ...LARGE, "README.md": "Greeter", ".mosaic.yml": check }
        const begun = yield* claude.hold("messages")
        const { becomes, gitea, issue, progress, said, sent } = yield* assigned("acme/large", files, LINK)
        yield* begun.arrived
        const hold = yield* claude.hold("messages")
        yield* begun.release
        yield* hold.arrived
        yield* said
        const [comment] = yield* progress(issue)
        assert.match(
          comment?.body ?? "",
          /large files \(Git LFS\) are pointers here[^]*submodules are empty folders here/
        )
        yield* hold.release
        yield* becomes(issue, "completed")
        const [first, second] = yield* sent
        assert.match(
          firstText(first),
          /large files \(Git LFS\) are pointers here[^=]*submodules are empty folders here/
        )
        const [seen] = toolResults(second ?? ({ messages: [] } as never))
        assert.strictEqual(seen?.text, `${LARGE["art/logo.psd"]} M README.md`)
        const git = yield* gitea.folder("acme/large")
        const snapshot = (yield* shell(git, "git for-each-ref --format='%(refname)' 'refs/mosaic/1/*/1'")).trim()
        for (const commit of [snapshot, "mosaic/1"]) {
          assert.strictEqual(yield* shell(git, `git diff --name-status main ${commit}`), "M\tREADME.md\n")
          assert.strictEqual(
            yield* shell(git, `git ls-tree ${commit} vendor/lib`),
            `160000 commit ${SUBMODULE}\tvendor/lib\n`
          )
        }
      })
    )

    it.effect.each([
      [
        "names a host that nobody granted",
        "bad-host",
        'setup: { commands: ["false"], hosts: [granted.example.com, npm.example.com] }\nchecks: []',
        /^setup failed at `false`, and was refused npm\.example\.com: add what it needs to AGENT_SETUP_HOSTS/
      ],
      [
        "hangs",
        "hanging",
        'setup: { commands: ["sleep 318.1"], timeout: 1 second }\nchecks: []',
        /^setup did not end in time: `sleep 318\.1` was stopped after 1 s$/
      ],
      [
        "is no configuration",
        "faulty",
        "checks:\n  - name: x\n    comand: y\n",
        /^\.mosaic\.yml cannot be used: line 2, column 5: a check has a name and a command.*line 3, column 5: this key is not known/
      ]
    ] as const)("does not begin where setup or file %s, and the issue says so", ([, name, file, why]) =>
      Effect.gen(function* () {
        const { becomes, issue, progress, said, sent } = yield* assigned(`acme/${name}`, { ".mosaic.yml": file })
        const task = yield* becomes(issue, "parked")
        assert.match(task?.cause ?? "", why)
        assert.deepStrictEqual(yield* sent, [])
        yield* said
        const [comment] = yield* progress(issue)
        assert.match(comment?.body ?? "", /Waiting for a person/)
      })
    )
  })

  layer(withTools("claude-sandbox-plain"), { excludeTestServices: true })((it) => {
    it.effect("that takes over is told what was touched, what the checks said and where the work is saved", () =>
      Effect.gen(function* () {
        const fill = call("bash", { command: "seq 1 100000" })
        const first = [
          call("bash", { command: "echo hello > hello; rm old" }),
          call("run_checks", {}),
          ...Array(6).fill(fill)
        ]
        yield* (yield* flow).claude.respond((request) => {
          if (firstText(request).includes("You go on with")) return { content: [call("finish", DONE)] }
          return { content: first }
        })
        const { becomes, gitea, issue, sent } = yield* assigned("acme/long", {
          old: "old",
          ".mosaic.yml": 'checks: [{ name: "greets", command: "test -f hello" }]'
        })
        yield* becomes(issue, "completed")
        const told = firstText((yield* sent).at(-1))
        assert.match(told, /the checks, as they ran last\\npassed: greets \(/)
        assert.match(told, /It is saved as refs\/mosaic\/1\/[\w-]+\/1\./)
        assert.match(told, /files touched so far\\nadded hello\\nremoved old\\n===/)
        const git = yield* gitea.folder("acme/long")
        assert.strictEqual(yield* shell(git, "git diff --name-status main mosaic/1"), "A\thello\nD\told\n")
      })
    )
  })
})
