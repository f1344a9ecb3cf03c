import { assert, describe, it } from "@effect/vitest"
import { toolsComponent } from "../../src/operator/Readiness.ts"
import { NO_ISOLATION } from "../../src/tool/Isolation.ts"

const limits = ["one limit"]

describe("The tools in readiness", () => {
  it.each([
    ["works", { kind: "on", way: "bwrap", limits }, "auto", { status: "ok", why: "bwrap: one limit" }],
    ["is none", { kind: "on", way: "none", limits }, "none", { status: "degraded", why: NO_ISOLATION }],
    [
      "is not there",
      { kind: "off", why: "bwrap: no such file" },
      "auto",
      { status: "missing", why: "bwrap: no such file" }
    ],
    [
      "is asked for and fails",
      { kind: "off", why: "bwrap: EPERM" },
      "bwrap",
      { status: "degraded", why: "bwrap: EPERM" }
    ]
  ] as const)("tell of an isolation that %s", (_, verdict, sandbox, component) => {
    assert.deepStrictEqual(toolsComponent(verdict, sandbox), component)
  })
})
