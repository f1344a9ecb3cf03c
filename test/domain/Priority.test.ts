import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { DEFAULT_PRIORITY, priorityOf } from "../../src/domain/Priority.ts"

const of = (...names: ReadonlyArray<string>) => priorityOf(names.map((name) => ({ name })))

describe("priorityOf", () => {
  it.each([
    { name: "Priority/Critical", priority: 0 },
    { name: "Priority/High", priority: 1 },
    { name: "Priority/Medium", priority: 2 },
    { name: "Priority/Low", priority: 3 },
    { name: "priority/critical", priority: 0 },
    { name: "PRIORITY/LOW", priority: 3 }
  ])("reads $name as $priority", ({ name, priority }) => {
    assert.strictEqual(of("bug", name), priority)
  })

  it.each([
    "bug",
    "Critical",
    "Priority",
    "Priority/",
    "Priority/Urgent",
    "Priority/High/er",
    "My Priority/High",
    "Priority/constructor",
    "Priority/__proto__"
  ])("takes %s for no priority", (name) => {
    assert.strictEqual(of(name), DEFAULT_PRIORITY)
  })

  it("is medium without labels, and the best of several", () => {
    assert.strictEqual(of(), 2)
    assert.strictEqual(of("Priority/Low", "Priority/High", "bug"), 1)
    assert.strictEqual(of("Priority/Low", "Priority/Urgent"), 3)
  })

  it.prop("is always a whole number from 0 to 3", [Schema.Array(Schema.String)], ([names]) => {
    assert.include([0, 1, 2, 3], of(...names.map((name) => `Priority/${name}`)))
  })
})
