/** A small repository with a failing test: it rounds each line of an order where it ought to round their sum. */
export const SHOP: Readonly<Record<string, string>> = {
  "package.json": `{
  "name": "shop",
  "private": true,
  "type": "module",
  "scripts": { "test": "node --test" }
}
`,
  "README.md": "# Shop\n\nTotals of orders, in cents.\n",
  "src/total.js": `/** The total of an order in cents. */
export const total = (lines) =>
  lines.reduce((sum, line) => sum + Math.round(line.price * line.count * 100), 0)
`,
  "test/total.test.js": `import assert from "node:assert"
import { test } from "node:test"
import { total } from "../src/total.js"

test("a whole price is not rounded", () => {
  assert.strictEqual(total([{ price: 12.5, count: 2 }]), 2500)
})

test("src/total.js rounds the sum once, as the invoice does", () => {
  assert.strictEqual(total(Array.from({ length: 3 }, () => ({ price: 3.333, count: 1 }))), 1000)
})
`
}
