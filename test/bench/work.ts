import { NodeRuntime } from "@effect/platform-node"
import { Array, Console, Duration, Effect, Order } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { FullName } from "../../src/domain/Repository.ts"
import { SessionId } from "../../src/domain/Session.ts"
import { toolResults } from "../../src/sandbox/claude/Conversation.ts"
import type { Policy } from "../../src/sandbox/claude/Script.ts"
import { SHOP } from "../../src/sandbox/demo/Shop.ts"
import { ToolHost } from "../../src/tool/ToolHost.ts"
import { ControlClones } from "../../src/workspace/ControlClones.ts"
import { surroundingsOf } from "../../src/workspace/Surroundings.ts"
import { Workspaces } from "../../src/workspace/Workspaces.ts"
import { flow } from "../harness/Flow.ts"
import { harness } from "../harness/Harness.ts"
import { shell } from "../harness/Shell.ts"

/** What working a task costs beside Claude, isolated by bubblewrap, each figure beside what it can be compared with. */
const NAME = "acme/shop"
const FILES = 5_000
const CALLS = 200
const TIMES = 10
const AT_ONCE = 10
const LIMITS = { time: Duration.seconds(30), bytes: 10_000 }

/** Mends the source with one command and hands it in. */
const quick: Policy = (request) => {
  const last = toolResults(request).at(-1)
  const mend =
    "sed -i 's/lines.reduce((sum, line) => sum + Math.round(line.price \\* line.count \\* 100), 0)/" +
    "Math.round(lines.reduce((sum, line) => sum + line.price * line.count * 100, 0))/' src/total.js"
  if (last?.name === "bash") {
    return { content: [{ type: "tool_use", name: "finish", input: { answer: "Rounded once.", status: "done" } }] }
  }
  return last?.name === "finish"
    ? { content: [{ type: "text", text: "Done." }] }
    : { content: [{ type: "tool_use", name: "bash", input: { command: mend } }] }
}

const millis = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.timed(effect), ([time]) => Duration.toMillis(time))

const middle = <E, R>(times: number, one: Effect.Effect<number, E, R>) =>
  Effect.map(
    Effect.replicateEffect(one, times),
    (all) => Array.sort(all, Order.Number)[Math.floor(times / 2)] ?? Infinity
  )

const said = (figure: number) => `${figure.toFixed(1)} ms`

const bash = Effect.flatMap(ChildProcessSpawner.ChildProcessSpawner, (spawner) =>
  spawner.exitCode(ChildProcess.make("bash", ["-c", ":"]))
)

/** A session that is at work, alone. */
const session = Effect.fnUntraced(function* (repository: { readonly id: number; readonly fullName: FullName }) {
  const clones = yield* ControlClones
  const workspaces = yield* Workspaces
  const host = yield* ToolHost
  const child = yield* middle(TIMES * 3, millis(bash))
  yield* Console.log(`a plain child process (bash -c :)                    ${said(child)}`)

  yield* clones.refresh(repository)
  const start = (yield* clones.commit(repository.id, "refs/heads/main")) ?? ""
  let number = 100
  const open = Effect.suspend(() =>
    workspaces.open({
      repository,
      number: ++number,
      session: SessionId.make(`bench-${number}`),
      predecessor: null,
      start
    })
  )
  const begin = Effect.gen(function* () {
    const { site, save } = yield* open
    const tools = yield* host.open(surroundingsOf(site.tree))
    const first = tools.call("bash", { command: ":" }, LIMITS)
    return { first, save, site, tools }
  })
  const started = yield* middle(TIMES, millis(Effect.scoped(Effect.flatMap(begin, ({ first }) => first))))
  yield* Console.log(`a session: checkout, tool host, first call, clean-up ${said(started)}`)

  const { save, site, tools } = yield* begin
  const call = tools.call("bash", { command: ":" }, LIMITS)
  yield* Effect.replicateEffect(call, TIMES)
  yield* Console.log(`a tool call that does nothing                        ${said(yield* middle(CALLS, millis(call)))}`)

  for (let index = 0; index < FILES; index++) {
    const folder = join(site.tree, `many/${index % 50}`)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${index}.txt`), `the file ${index}\n`.repeat(20))
  }
  yield* Console.log(`the first snapshot of ${FILES} files                   ${said(yield* millis(save))}`)
  let change = 0
  const again = Effect.andThen(
    Effect.sync(() => writeFileSync(join(site.tree, "many/1/1.txt"), `${++change}`)),
    millis(save)
  )
  const later = yield* middle(TIMES, again)
  const git = millis(shell(site.tree, "git add -A && git write-tree"))
  yield* git
  yield* Console.log(`each later one                                       ${said(later)}`)
  yield* Console.log(`plain \`git add -A && git write-tree\` there           ${said(yield* middle(TIMES, git))}`)
}, Effect.scoped)

/** From the assignment to the pull request, with the answer on the issue. */
const program = Effect.gen(function* () {
  const { becomes, claude, gitea } = yield* flow
  const repository = yield* gitea.createRepository(NAME)
  yield* gitea.commit(NAME, SHOP)
  yield* claude.respond(quick)
  yield* session({ id: repository.id, fullName: FullName.make(NAME) })
  const draft = { repository: NAME, title: "Total is one cent off", body: "The cart and the invoice differ." }
  const work = Effect.flatMap(gitea.openIssue({ ...draft, assignees: [gitea.bot.login] }), (issue) =>
    becomes(issue, "completed")
  )
  yield* work
  const whole = yield* middle(5, millis(work))
  yield* Console.log(`assignment to pull request, two turns, one check     ${said(whole)}`)
  const many = yield* millis(Effect.all(Array.replicate(work, AT_ONCE), { concurrency: "unbounded", discard: true }))
  yield* Console.log(`${AT_ONCE} of them at once                                   ${said(many)}`)
})

const folder = mkdtempSync(join(tmpdir(), "mosaic-bench-"))

NodeRuntime.runMain(
  program.pipe(
    Effect.scoped,
    Effect.provide(
      harness({ tools: ToolHost.layer, settings: { workDir: folder, sandbox: "bwrap", maxConcurrentAgents: AT_ONCE } })
    ),
    Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true, force: true })))
  )
)
