import { assert, describe, it } from "@effect/vitest"
import { guessChecks } from "../../src/check/CheckGuess.ts"
import type { Manifests } from "../../src/check/CheckGuess.ts"

const json = (value: unknown) => JSON.stringify(value)

const TABLE: ReadonlyArray<
  readonly [what: string, files: Manifests, setup: ReadonlyArray<string>, checks: ReadonlyArray<string>]
> = [
  ["nothing", {}, [], []],
  ["no JSON", { "package.json": "{" }, [], []],
  [
    "npm with a lock",
    {
      "package.json": json({ scripts: { test: "vitest", lint: "x" }, devDependencies: { a: "1" } }),
      "package-lock.json": ""
    },
    ["npm ci"],
    ["npm run lint", "npm run test"]
  ],
  ["npm without dependencies", { "package.json": json({ scripts: { test: "node --test" } }) }, [], ["npm run test"]],
  [
    "the test that npm init writes",
    { "package.json": json({ scripts: { test: 'echo "Error: no test specified" && exit 1' } }) },
    [],
    []
  ],
  [
    "pnpm",
    { "package.json": json({ scripts: { test: "x" }, dependencies: { a: "1" } }), "pnpm-lock.yaml": "" },
    ["pnpm install --frozen-lockfile"],
    ["pnpm run test"]
  ],
  ["Go", { "go.mod": "module a\n\nrequire (\n\tb v1\n)\n" }, ["go mod download"], ["go vet ./...", "go test ./..."]],
  ["Go without modules of others", { "go.mod": "module a\n" }, [], ["go vet ./...", "go test ./..."]],
  ["Rust", { "Cargo.toml": "[package]", "Cargo.lock": "" }, ["cargo fetch --locked"], ["cargo test --offline"]],
  [
    "Python with uv",
    {
      "pyproject.toml": "[project]\n[dependency-groups]\nlint = [\n 'x'\n]\ntests = [\n 'pytest'\n]\n[tool.x]\ndev = 1",
      "uv.lock": ""
    },
    [
      "if command -v uv; then uv sync --frozen; else python3 -m venv .venv && .venv/bin/python -m pip install --upgrade pip && " +
        ".venv/bin/python -m pip install -e . pytest --group tests; fi"
    ],
    [".venv/bin/python -m pytest"]
  ],
  [
    "Go with what it needs in the repository",
    { "go.mod": "module x\nrequire y v1.0.0", "vendor/modules.txt": "# y v1.0.0" },
    [],
    ["go vet ./...", "go test ./..."]
  ],
  [
    "Python with pip",
    { "pyproject.toml": "[project]\nname='a'", "requirements.txt": "pytest\n" },
    ["python3 -m venv .venv", ".venv/bin/python -m pip install -r requirements.txt -e . pytest"],
    [".venv/bin/python -m pytest"]
  ],
  ["Python of tools alone", { "pyproject.toml": "[tool.black]" }, [], ["python3 -m unittest discover"]],
  ["a Makefile with both", { Makefile: "all:\n\ntest: all\n\t./t\ncheck:\n\t./c\n" }, [], ["make check"]],
  ["a Makefile with a variable of that name", { Makefile: "test := 1\n" }, [], []],
  [
    "a Makefile beside Go",
    { Makefile: "test:\n\tgo test\n", "go.mod": "module a" },
    [],
    ["go vet ./...", "go test ./..."]
  ],
  [
    "two languages",
    { "package.json": json({ scripts: { test: "x" } }), "go.mod": "module a" },
    [],
    ["npm run test", "go vet ./...", "go test ./..."]
  ]
]

describe("CheckGuess", () => {
  it.each(TABLE)("of %s", (_, files, setup, checks) => {
    const plan = guessChecks(files)
    assert.deepStrictEqual([plan.setup?.commands ?? [], plan.checks.map(({ command }) => command)], [setup, checks])
    assert.strictEqual(plan.from, "guess")
  })

  it("asks for the hosts of what it sets up, and for no other", () => {
    assert.include(guessChecks({ "Cargo.toml": "" }).setup?.hosts ?? [], "index.crates.io")
    assert.isNull(guessChecks({ "go.mod": "module a" }).setup)
  })
})
