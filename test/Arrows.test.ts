import { assert, describe, it } from "@effect/vitest"
import { globSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { fileURLToPath } from "node:url"

const SRC = fileURLToPath(new URL("../src", import.meta.url))

/** What each folder may import of the others, from the ground up; the stand-ins may have what `domain` has and nothing else. */
const ARROWS: Readonly<Record<string, ReadonlyArray<string>>> = {
  domain: [],
  Settings: ["domain"],
  telemetry: ["domain", "Settings"],
  storage: ["domain", "Settings", "telemetry"],
  http: ["Settings", "telemetry"],
  gitea: ["domain", "Settings", "telemetry"],
  anthropic: ["domain", "Settings", "telemetry"],
  tool: ["domain", "Settings", "telemetry"],
  git: ["domain", "Settings", "telemetry"],
  workspace: ["domain", "Settings", "git", "tool"],
  check: ["domain", "Settings", "telemetry", "tool"],
  issue: ["domain", "gitea"],
  pull: ["domain", "Settings", "git", "gitea", "outbox", "workspace"],
  outbox: ["domain", "storage"],
  context: ["domain", "Settings", "telemetry", "storage", "anthropic"],
  task: ["domain", "storage", "telemetry", "gitea", "issue", "outbox"],
  session: [
    "domain",
    "Settings",
    "telemetry",
    "storage",
    "anthropic",
    "gitea",
    "issue",
    "outbox",
    "context",
    "task",
    "tool"
  ],
  event: ["domain", "Settings", "telemetry", "storage", "gitea", "issue", "task"],
  webhook: ["domain", "Settings", "telemetry", "storage", "http", "gitea", "event"],
  work: [
    "domain",
    "Settings",
    "telemetry",
    "storage",
    "anthropic",
    "gitea",
    "issue",
    "outbox",
    "task",
    "session",
    "git",
    "tool",
    "check",
    "workspace",
    "pull"
  ],
  report: ["domain", "Settings", "telemetry", "storage", "gitea", "issue", "outbox", "task"],
  operator: [
    "domain",
    "Settings",
    "telemetry",
    "storage",
    "http",
    "anthropic",
    "tool",
    "gitea",
    "outbox",
    "context",
    "task",
    "session",
    "event",
    "work"
  ],
  sandbox: ["domain"]
}

/** Foreign modules that only some folders may import. */
const GUARDED: ReadonlyArray<readonly [pattern: RegExp, folders: ReadonlyArray<string>]> = [
  [/^@anthropic-ai\/sdk(?!\/tools\/agent-toolset)/, ["anthropic"]],
  [/^@anthropic-ai\/sdk\/tools\/agent-toolset/, ["tool"]],
  [/^node:https?$/, ["http", "sandbox"]],
  [/^node:child_process$/, ["tool"]],
  [/^node:sqlite$/, ["storage"]]
]

const files = globSync("**/*.ts", { cwd: SRC }).map((file) => {
  const text = readFileSync(join(SRC, file), "utf8")
  const imports = [...text.matchAll(/(?:from |import\()"([^"]+)"/g)].map(([, path = ""]) => path)
  return { file, folder: folderOf(file), imports }
})

/** The two files of settings count as one folder. */
function folderOf(file: string): string {
  return file.includes("/") ? (file.split("/")[0] ?? "") : file.replace(/(Text)?\.ts$/, "")
}

const arrows = files.flatMap(({ file, folder, imports }) =>
  imports
    .filter((path) => path.startsWith("."))
    .map((path) => normalize(join(dirname(file), path)))
    .filter((target) => !target.startsWith(".."))
    .map((target) => ({ file, from: folder, to: folderOf(target) }))
    .filter(({ from, to }) => from !== to)
)

const reachable = (from: string, seen: ReadonlySet<string> = new Set()): ReadonlySet<string> =>
  (ARROWS[from] ?? []).reduce((all, to) => (all.has(to) ? all : reachable(to, new Set([...all, to]))), seen)

describe("Arrows", () => {
  it("lead from folder to folder as the table has it; only main.ts and Server.ts compose", () => {
    assert.deepStrictEqual(
      arrows
        .filter(({ from, to }) => !["main", "Server"].includes(from) && !ARROWS[from]?.includes(to))
        .map(({ file, to }) => `${file} -> ${to}`),
      []
    )
  })

  it("form no cycle", () => {
    assert.deepStrictEqual(
      Object.keys(ARROWS).filter((folder) => reachable(folder).has(folder)),
      []
    )
  })

  it("are in src/README.md as they are in the table", () => {
    const shown = [...readFileSync(join(SRC, "README.md"), "utf8").matchAll(/^(\w+) +-> (.+)$/gm)]
    assert.deepStrictEqual(
      Object.fromEntries(shown.map(([, folder = "", to = ""]) => [folder, to === "nothing" ? [] : to.split(", ")])),
      ARROWS
    )
  })

  it("keep foreign modules where they belong", () => {
    const strays = files.flatMap(({ file, folder, imports }) =>
      GUARDED.filter(
        ([pattern, folders]) => imports.some((path) => pattern.test(path)) && !folders.includes(folder)
      ).map(([pattern]) => `${file} imports ${pattern.source}`)
    )
    assert.deepStrictEqual(strays, [])
  })
})
