import { Option, Schema } from "effect"
import { DEFAULT_LIMIT } from "./CheckFile.ts"
import type { Check, CheckPlan, Setup } from "./CheckPlan.ts"

/** Texts of the files at the top of the repository that are there, by name. Large lock files may be given as an empty text. */
export type Manifests = Readonly<Record<string, string>>

/** The files that a guess looks at. */
export const MANIFESTS: ReadonlyArray<string> = (
  "package.json package-lock.json pnpm-lock.yaml yarn.lock bun.lock go.mod vendor/modules.txt Cargo.toml Cargo.lock " +
  "pyproject.toml requirements.txt uv.lock poetry.lock Makefile makefile GNUmakefile"
).split(" ")

interface Guess {
  readonly setup: ReadonlyArray<string>
  readonly hosts: ReadonlyArray<string>
  /** Commands, which are their own names. */
  readonly checks: ReadonlyArray<string>
}

const NOTHING: Guess = { setup: [], hosts: [], checks: [] }
const has = (files: Manifests, name: string): boolean => Object.hasOwn(files, name)

const Package = Schema.fromJsonString(
  Schema.Struct({
    scripts: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
    dependencies: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
    devDependencies: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
  })
)
const decodePackage = Schema.decodeUnknownOption(Package)

/** Scripts that are checks by their name, in the order to run them. */
const SCRIPTS = ["check", "typecheck", "type-check", "lint", "test"]
/** What `npm init` writes. */
const NO_TEST = /no test specified/

const MANAGERS: ReadonlyArray<readonly [lock: string, install: string, run: string]> = [
  ["pnpm-lock.yaml", "pnpm install --frozen-lockfile", "pnpm run"],
  ["yarn.lock", "yarn install --immutable", "yarn run"],
  ["bun.lock", "bun install --frozen-lockfile", "bun run"],
  ["package-lock.json", "npm ci", "npm run"]
]

const node = (files: Manifests): Guess =>
  Option.match(decodePackage(files["package.json"] ?? ""), {
    onNone: () => NOTHING,
    onSome: ({ scripts = {}, dependencies = {}, devDependencies = {} }) => {
      const [, install, run] = MANAGERS.find(([lock]) => has(files, lock)) ?? ["", "npm install", "npm run"]
      const needs = Object.keys({ ...dependencies, ...devDependencies }).length > 0
      return {
        setup: needs ? [install] : [],
        hosts: needs ? ["registry.npmjs.org", "registry.yarnpkg.com"] : [],
        checks: SCRIPTS.filter((name) => Object.hasOwn(scripts, name) && !NO_TEST.test(scripts[name] ?? "")).map(
          (name) => `${run} ${name}`
        )
      }
    }
  })

const go = (files: Manifests): Guess => ({
  setup: /^\s*require\b/m.test(files["go.mod"] ?? "") && !has(files, "vendor/modules.txt") ? ["go mod download"] : [],
  hosts: ["proxy.golang.org", "sum.golang.org", "storage.googleapis.com"],
  checks: ["go vet ./...", "go test ./..."]
})

const rust = (files: Manifests): Guess => ({
  setup: [has(files, "Cargo.lock") ? "cargo fetch --locked" : "cargo fetch"],
  hosts: ["index.crates.io", "static.crates.io"],
  checks: ["cargo test --offline"]
})

const PYPI = ["pypi.org", "files.pythonhosted.org"]

/** Groups of dependencies by whose name tests need them. */
const GROUPS = ["tests", "test", "dev"]

const python = (files: Manifests): Guess => {
  const project = files["pyproject.toml"] ?? ""
  const pytest = /\bpytest\b/.test(`${project}\n${files["requirements.txt"] ?? ""}`)
  const test = pytest ? "pytest" : "unittest discover"
  if (has(files, "poetry.lock"))
    return { setup: ["poetry install"], hosts: PYPI, checks: [`poetry run python -m ${test}`] }
  const wanted = [
    ...(has(files, "requirements.txt") ? ["-r requirements.txt"] : []),
    ...(/^\[(project|build-system)\]/m.test(project) ? ["-e ."] : []),
    ...(pytest ? ["pytest"] : [])
  ]
  const groups = /^\[dependency-groups\]\n([^]*?)(?=^\[|$(?![^]))/m.exec(project)?.[1] ?? ""
  const group = GROUPS.find((name) => new RegExp(`^"?${name}"?[ \\t]*=`, "m").test(groups))
  const install = [
    `python3 -m venv .venv`,
    ...(group === undefined ? [] : [`.venv/bin/python -m pip install --upgrade pip`]),
    `.venv/bin/python -m pip install ${[...wanted, ...(group === undefined ? [] : [`--group ${group}`])].join(" ")}`
  ]
  if (has(files, "uv.lock")) {
    const either = `if command -v uv; then uv sync --frozen; else ${install.join(" && ")}; fi`
    return { setup: [either], hosts: PYPI, checks: [`.venv/bin/python -m ${test}`] }
  }
  return wanted.length === 0
    ? { ...NOTHING, checks: [`python3 -m ${test}`] }
    : { setup: install, hosts: PYPI, checks: [`.venv/bin/python -m ${test}`] }
}

/** Targets of a Makefile that are checks by their name; `check` has the tests in it by custom. */
const make = (files: Manifests): Guess => {
  const text = files["GNUmakefile"] ?? files["makefile"] ?? files["Makefile"] ?? ""
  const target = ["check", "test"].find((name) => new RegExp(`^${name}[ \\t]*:(?!=)`, "m").test(text))
  return target === undefined ? NOTHING : { ...NOTHING, checks: [`make ${target}`] }
}

const LANGUAGES: ReadonlyArray<readonly [manifests: ReadonlyArray<string>, guess: (files: Manifests) => Guess]> = [
  [["package.json"], node],
  [["go.mod"], go],
  [["Cargo.toml"], rust],
  [["pyproject.toml", "requirements.txt"], python]
]

const checkOf = (command: string): Check => ({ name: command, command, limit: DEFAULT_LIMIT })

/**
 * What checks a repository without a `.mosaic.yml` probably has, by its manifests; several languages add up. A Makefile counts only
 * where they say nothing, because its targets mostly call the same. No checks at all is an answer too.
 */
export const guessChecks = (files: Manifests): CheckPlan => {
  const found = LANGUAGES.filter(([names]) => names.some((name) => has(files, name))).map(([, guess]) => guess(files))
  const checks = found.flatMap((guess) => guess.checks)
  const commands = found.flatMap((guess) => guess.setup)
  const hosts = found.flatMap((guess) => (guess.setup.length === 0 ? [] : guess.hosts))
  const setup: Setup | null = commands.length === 0 ? null : { commands, hosts, limit: DEFAULT_LIMIT }
  return {
    from: "guess",
    setup,
    checks: (checks.length === 0 ? make(files).checks : checks).map(checkOf),
    paths: [],
    instructions: null
  }
}
