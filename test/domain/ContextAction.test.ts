import { assert, describe, it } from "@effect/vitest"
import {
  COMPACT_THRESHOLD,
  ContextAction,
  decideAction,
  ROTATE_THRESHOLD,
  strongest
} from "../../src/domain/ContextAction.ts"
import { ContextUsage } from "../../src/domain/ContextUsage.ts"

const usage = (used: number, limit = 1_000) => new ContextUsage({ used, limit, source: "reply", at: 0 })

const defaultPolicy = { compactAt: COMPACT_THRESHOLD, rotateAt: ROTATE_THRESHOLD }

describe("decideAction", () => {
  it.each([
    { used: 0, action: "continue" },
    { used: 799, action: "continue" },
    { used: 800, action: "compact" },
    { used: 949, action: "compact" },
    { used: 950, action: "rotate" },
    { used: 1_000, action: "rotate" },
    { used: 1_200, action: "rotate" }
  ] as const)("$used of 1,000 tokens: $action", ({ used, action }) => {
    assert.strictEqual(decideAction(usage(used), true, defaultPolicy), action)
  })

  it.each([
    { used: 799, action: "continue" },
    { used: 800, action: "rotate" },
    { used: 950, action: "rotate" }
  ] as const)("$used of 1,000 tokens in a session that cannot be compacted: $action", ({ used, action }) => {
    assert.strictEqual(decideAction(usage(used), false, defaultPolicy), action)
  })

  it.each([true, false])("goes on while usage is unknown (can compact: %s)", (canCompact) => {
    assert.strictEqual(decideAction(null, canCompact, defaultPolicy), "continue")
  })

  it.each([
    { used: 499, action: "continue" },
    { used: 500, action: "compact" },
    { used: 599, action: "compact" },
    { used: 600, action: "rotate" }
  ] as const)("keeps to the thresholds of its policy: $used, $action", ({ used, action }) => {
    assert.strictEqual(decideAction(usage(used), true, { compactAt: 0.5, rotateAt: 0.6 }), action)
  })

  it("has 80 % and 95 % as its thresholds, also where the window is no round number", () => {
    assert.strictEqual(COMPACT_THRESHOLD, 0.8)
    assert.strictEqual(ROTATE_THRESHOLD, 0.95)
    assert.strictEqual(decideAction(usage(160_000, 200_000), true, defaultPolicy), "compact")
    assert.strictEqual(decideAction(usage(62_259, 65_536), true, defaultPolicy), "compact")
    assert.strictEqual(decideAction(usage(62_260, 65_536), true, defaultPolicy), "rotate")
  })
})

describe("strongest", () => {
  it.prop("is the one that does more, in either order", [ContextAction, ContextAction], ([a, b]) => {
    const order = ContextAction.literals
    assert.strictEqual(strongest(a, b), order[Math.max(order.indexOf(a), order.indexOf(b))])
    assert.strictEqual(strongest(a, b), strongest(b, a))
  })
})
