import { assert, describe, it } from "@effect/vitest"
import { hookStateOf } from "../../src/gitea/Hook.ts"
import type { Hook } from "../../src/gitea/Hook.ts"

const hook = (parts: Partial<Hook> = {}): Hook => ({
  active: true,
  config: { url: "http://coordinator.internal:8000/webhook/gitea" },
  events: ["issues", "issue_assign"],
  ...parts
})

const created = (at: string) => hook({ createdAt: at })

describe("Hook", () => {
  it.each([
    ["missing", []],
    ["missing", [hook({ config: { url: "http://ci.internal/hooks" } }), hook({ config: {} })]],
    ["inactive", [hook({ active: false })]],
    ["unsubscribed", [hook({ events: ["issues", "issue_comment"] })]],
    ["unsubscribed", [hook({ active: false }), hook({ events: ["issues"] })]],
    ["active", [hook({ active: false }), hook()]],
    ["active", [created("2026-01-01T00:00:00Z")]],
    ["younger", [created("2026-01-01T00:00:01Z")]],
    ["inactive", [created("2026-01-01T00:00:01Z"), hook({ active: false })]]
  ] as const)("is %s", (state, hooks) => assert.strictEqual(hookStateOf(hooks, Date.UTC(2026, 0, 1)), state))

  it("is what there is now of a change of unknown time", () =>
    assert.strictEqual(hookStateOf([created("2026-01-01T00:00:01Z")], null), "active"))
})
