import { assert, describe, it } from "@effect/vitest"
import { Duration, Result } from "effect"
import { readCheckFile } from "../../src/check/CheckFile.ts"

const FULL = `# What the bot runs
setup:
  commands: [npm ci]
  hosts:
    - registry.npmjs.org
    - "*.example.com"
  timeout: 5 minutes
checks:
  - name: tests
    command: npm test
  - name: types
    command: npm run types
    timeout: 90 seconds
paths: [.github/**]
instructions: |
  Keep it short.
`

const planOf = (text: string) => Result.getOrThrow(readCheckFile(text))
const faultsOf = (text: string) =>
  Result.match(readCheckFile(text), { onSuccess: () => [], onFailure: (faults) => faults })

describe("CheckFile", () => {
  it("has setup, checks, paths and instructions", () => {
    assert.deepStrictEqual(planOf(FULL), {
      from: "file",
      setup: {
        commands: ["npm ci"],
        hosts: ["registry.npmjs.org", "*.example.com"],
        limit: Duration.minutes(5)
      },
      checks: [
        { name: "tests", command: "npm test", limit: Duration.minutes(10) },
        { name: "types", command: "npm run types", limit: Duration.seconds(90) }
      ],
      paths: [".github/**"],
      instructions: "Keep it short.\n"
    })
  })

  it("needs only checks, and takes none of them for an answer", () => {
    assert.deepInclude(planOf("checks: []"), { setup: null, checks: [], paths: [], instructions: null })
  })

  it.each([
    ["nothing", "", 1, 1, /mapping/],
    ["a text", "just words", 1, 1, /mapping/],
    ["no checks", "paths: [a]", 1, 1, /^the file is a mapping with checks/],
    [
      "an unknown key",
      "checks: []\nchekcs: []",
      2,
      1,
      /^this key is not known here: the file is a mapping with checks/
    ],
    [
      "an unknown key in a check",
      "checks:\n  - name: a\n    command: b\n    shell: zsh",
      4,
      5,
      /^this key is not known here: a check has/
    ],
    ["a check without a command", "checks:\n  - name: a", 2, 5, /^a check has a name and a command/],
    ["a number for a command", "checks:\n  - name: a\n    command: 12", 3, 14, /a command has to be a text/],
    ["an empty name", "checks:\n  - name: ''\n    command: b", 2, 11, /the name of a check has to be a text of 1 to/],
    [
      "a timeout without a unit",
      "checks:\n  - {name: a, command: b, timeout: 5}",
      2,
      36,
      /a timeout is a number and a unit/
    ],
    ["a timeout of a day", "checks:\n  - {name: a, command: b, timeout: 1 day}", 2, 36, /up to 1 hour/],
    ["a host with a scheme", "checks: []\nsetup: {commands: [a], hosts: ['https://a.b']}", 2, 32, /a host is a name/],
    ["two checks of one name", "checks:\n  - {name: a, command: b}\n  - {name: a, command: c}", 2, 3, /the same name/],
    ["a tab", "checks:\n\t- a", 2, 1, /./],
    ["a bracket that is not closed", "checks: [", 1, 10, /./],
    ["a doubled key", "checks: []\nchecks: []", 2, 1, /unique/],
    ["a second document", "checks: []\n---\nchecks: []", 2, 1, /only one/],
    ["an alias", "checks: []\npaths: [&a x, *a]", 2, 15, /alias/],
    ["a loop", "checks: &a\n  - *a", 2, 5, /alias/]
  ] as const)("refuses %s where it is", (_, text, line, column, message) => {
    const [fault] = faultsOf(text)
    assert.deepStrictEqual([fault?.line, fault?.column], [line, column])
    assert.match(fault?.message ?? "", message)
  })

  it("tells all that is wrong at once", () => {
    const faults = faultsOf("checks:\n  - name: 1\n    command: 2\nsetup: {commands: 3}")
    assert.deepStrictEqual(faults.map(({ line }) => line).toSorted(), [2, 3, 4])
  })

  it("refuses bombs, depth and size without working on them", () => {
    const bomb = ["a0: &a0 [x]", ...Array.from({ length: 30 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`)]
    assert.match(faultsOf(bomb.join("\n"))[0]?.message ?? "", /alias/)
    assert.isNotEmpty(faultsOf(`checks: ${"[".repeat(20_000)}`))
    assert.isNotEmpty(faultsOf(`checks: ${"[".repeat(20_000)}${"]".repeat(20_000)}`))
    assert.match(faultsOf(`instructions: ${"x".repeat(70_000)}`)[0]?.message ?? "", /more than 64 KiB/)
  })

  it("makes no prototype of a key", () => {
    assert.isNotEmpty(faultsOf("__proto__: {checks: []}"))
  })
})
