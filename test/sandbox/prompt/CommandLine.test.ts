import { assert, describe, it } from "@effect/vitest"
import { Command } from "../../../src/sandbox/prompt/Command.ts"
import { help, parse } from "../../../src/sandbox/prompt/CommandLine.ts"

describe("parse", () => {
  it.each<readonly [line: string, command: Command]>([
    ["open", Command.Open({ title: "" })],
    ["  open  Add a dark mode ", Command.Open({ title: "Add a dark mode" })],
    ["assign 1", Command.Change({ change: "assign", issue: 1 })],
    ["unassign 1", Command.Change({ change: "unassign", issue: 1 })],
    ["close 12", Command.Change({ change: "close", issue: 12 })],
    ["reopen 12", Command.Change({ change: "reopen", issue: 12 })],
    ["comment 1 It is the header, too", Command.Comment({ issue: 1, text: "It is the header, too" })],
    ["drop", Command.Drop()],
    ["fault gitea 500", Command.FailGitea({ fault: { kind: "status", status: 500 } })],
    ["fault gitea doneThenCut", Command.FailGitea({ fault: { kind: "doneThenCut" } })],
    ["fault claude 529", Command.FailClaude({ fault: { kind: "status", status: 529 }, operation: "messages" })],
    ["fault claude stall compact", Command.FailClaude({ fault: { kind: "stall" }, operation: "compact" })],
    ["show 3", Command.Show({ issue: 3 })],
    ["tasks", Command.Tasks()],
    ["help", Command.Help()],
    ["quit", Command.Quit()]
  ])("reads %j", (line, command) => {
    assert.deepStrictEqual(parse(line), command)
  })

  it.each(["", "  "])("takes %j for nothing", (line) => {
    assert.isNull(parse(line))
  })

  it.each([
    "assign",
    "assign one",
    "comment 1",
    "comment",
    "show 1 2",
    "fault",
    "fault gitea",
    "fault gitea stall",
    "fault claude 200",
    "fault claude reset all"
  ])("says how %j is written", (line) => {
    const command = parse(line)
    assert.isTrue(Command.$is("Unclear")(command) && command.why.startsWith(`Usage: ${line.split(" ")[0]}`))
  })

  it("lists the faults to somebody who names none", () => {
    assert.deepInclude(parse("fault"), { _tag: "Unclear" })
    assert.include(JSON.stringify(parse("fault")), "doneThenHang")
  })

  it("points to the list of commands", () => {
    assert.deepStrictEqual(
      parse("start 1"),
      Command.Unclear({ why: 'There is no command "start". Type "help" for the list.' })
    )
    assert.strictEqual(help.split("\n").length, 12)
  })
})
