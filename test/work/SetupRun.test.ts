import { assert, describe, it } from "@effect/vitest"
import { setupFault } from "../../src/work/SetupRun.ts"

const result = (name: string, outcome: "passed" | "failed" | "time limit") => ({
  name,
  outcome,
  seconds: 12.4,
  tail: ""
})

describe("setupFault", () => {
  it.each([
    ["passed", [], [result("npm ci", "passed")]],
    ["passed, whatever it was refused on the way", ["x.org"], [result("npm ci", "passed")]],
    ["failed by itself", [], [result("npm ci", "passed"), result("make", "failed")]],
    ["had nothing to do", [], []]
  ])("lets a session work where setup %s", (_, refused, results) => {
    assert.isNull(setupFault({ refused, results }))
  })

  it("names what hangs, on one short line", () => {
    const long = `npm ci &&\n${"x".repeat(200)}`
    assert.strictEqual(
      setupFault({ refused: ["x.org"], results: [result(long, "time limit")] }),
      `setup did not end in time: \`npm ci && ${"x".repeat(70)}...\` was stopped after 12 s`
    )
  })

  it("names the hosts that nobody granted, and who can", () => {
    assert.match(
      setupFault({ refused: ["a.org", "b.org"], results: [result("npm ci", "failed")] }) ?? "",
      /^setup failed at `npm ci`, and was refused a\.org, b\.org: add what it needs to AGENT_SETUP_HOSTS/
    )
  })
})
