import { NodeServices } from "@effect/platform-node"
import { assert, describe, layer } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import { toolResults } from "../../src/sandbox/claude/Conversation.ts"
import { ToolHost } from "../../src/tool/ToolHost.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { lacking } from "../harness/Lacking.ts"
import { shell } from "../harness/Shell.ts"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, vi } from "vitest"

vi.setConfig({ testTimeout: 90_000 })

const NAME = "acme/unfinished"
const folder = mkdtempSync(join(tmpdir(), "mosaic-flow-"))
const withTools = harness({
  tools: ToolHost.layer,
  settings: { workDir: join(folder, "work"), sandbox: "auto" },
  before: (gitea) => Effect.andThen(gitea.createRepository(NAME), gitea.commit(NAME, { greeting: "hello" }))
}).pipe(Layer.provideMerge(NodeServices.layer))

const call = (name: string, input: Readonly<Record<string, string>>) => ({ type: "tool_use", name, input }) as const

/** The command of the README under that heading, for a snapshot. */
const fromReadme = (ref: string) =>
  Effect.gen(function* () {
    const text = yield* (yield* FileSystem.FileSystem).readFileString("README.md")
    const section = text.split("### Take up saved work\n")[1] ?? ""
    const [, command = ""] = /```sh\n(.*)\n/.exec(section) ?? []
    assert.include(command, "refs/mosaic/7/<session>/3")
    return command.replace("refs/mosaic/7/<session>/3", ref)
  })

describe.skipIf(lacking("bwrap"))("Work that did not become a pull request", () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  layer(withTools, { excludeTestServices: true })((it) => {
    it.effect("is named on the issue, and taken up by the command of the README", () =>
      Effect.gen(function* () {
        const { becomes, claude, gitea, progress, said } = yield* flow
        const command = "mkdir in; git init -q in/nested; echo deep > in/nested/file; echo bye > greeting"
        yield* claude.respond((request) =>
          toolResults(request).length === 0
            ? { content: [call("bash", { command })] }
            : { content: [call("finish", { answer: "Which language?", status: "blocked" })] }
        )
        const issue = yield* gitea.openIssue({
          repository: NAME,
          title: "Greet",
          body: "",
          assignees: [gitea.bot.login]
        })
        yield* becomes(issue, "parked")
        yield* said
        const [comment] = yield* progress(issue)
        const [ref = ""] = /refs\/mosaic\/1\/[\w-]+\/\d+/.exec(comment?.body ?? "") ?? []
        assert.match(comment?.body ?? "", /Waiting for a person[^]*The work is saved as `refs\/mosaic\//)
        yield* shell(folder, `git clone -q '${yield* gitea.folder(NAME)}' person`)
        const restored = yield* shell(
          join(folder, "person"),
          `${yield* fromReadme(ref)} 2>&1; cat greeting in/nested/file`
        )
        assert.match(restored, /bye\ndeep\n$/)
        assert.lengthOf(yield* gitea.pulls(NAME), 0)
      })
    )
  })
})
