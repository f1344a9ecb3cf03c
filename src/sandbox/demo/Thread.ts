/** The issue that the demo opens: long enough that a session with a small window has to compact, and then to rotate. */
export const ISSUE = {
  repository: "acme/shop",
  title: "Cart total differs from the invoice by one cent",
  body: `Some orders show a total in the cart that is one cent off the invoice.

- [ ] Find where the two roundings differ
- [ ] The stored totals of old orders must not change

Please read the whole thread first, the reports differ.`
} as const

const REPORTERS = ["ada", "bela", "chen", "dora", "emil"] as const
const FINDINGS = [
  "The cart sums the rounded lines, the invoice rounds the sum. I saw it with three items at 3.33 and a discount of 7 %.",
  "Happens with the voucher SPRING as well, and only when shipping is taxed at the reduced rate.",
  "I could not reproduce it with a single item, whatever the price was.",
  "Our bookkeeper noticed it in the export of last month: 14 orders of 2,310, each off by exactly one cent.",
  "The mobile app shows the same figure as the invoice, so it is the web cart that differs.",
  "In the log both services print the same unrounded sum, so the inputs are equal and the rounding is not.",
  "Switching the currency to one without decimals hides it, which fits the rounding of single lines."
] as const

/** A log that somebody pasted: one comment that fills a good part of a small window. */
const pastedLog = Array.from(
  { length: 60 },
  (_, line) =>
    `2026-11-02 10:${String(line).padStart(2, "0")} cart=9${line} lines=3 sum=10.7407 shown=10.75 invoiced=10.74`
).join("\n")

const COMMENTS = 96
/** Which of the comments are pasted logs. */
const LOGS = [61, 67, 71, 74, 77]

/** Comments in the order in which they are written. */
export const comments: ReadonlyArray<{ readonly by: string; readonly body: string }> = Array.from(
  { length: COMMENTS },
  (_, index) => ({
    by: REPORTERS[index % REPORTERS.length] ?? "ada",
    body: LOGS.includes(index)
      ? `Here is my log:\n\n${pastedLog}`
      : `Report ${index + 1}. ${FINDINGS[index % FINDINGS.length]} ${FINDINGS[(index * 3 + 1) % FINDINGS.length]}`
  })
)
