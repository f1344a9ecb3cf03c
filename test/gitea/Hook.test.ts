import { assert, describe, it } from "@effect/vitest"
import { hookStateOf } from "../../src/gitea/Hook.ts"
import type { Hook } from "../../src/gitea/Hook.ts"

const hook = (parts: Partial<Hook> = {}): Hook => ({
  active: true,
  config: { url: "http://coordinator.internal:8000/webhook/gitea" },
  events: ["issues", "issue_assign"],
  ...parts
})

describe("Hook", () => {
  it.each([
    ["missing", []],
    ["missing", [hook({ config: { url: "http://ci.internal/hooks" } }), hook({ config: {} })]],
    ["inactive", [hook({ active: false })]],
    ["unsubscribed", [hook({ events: ["issues", "issue_comment"] })]],
    ["unsubscribed", [hook({ active: false }), hook({ events: ["issues"] })]],
    ["active", [hook({ active: false }), hook()]]
  ] as const)("is %s", (state, hooks) => assert.strictEqual(hookStateOf(hooks), state))
})
