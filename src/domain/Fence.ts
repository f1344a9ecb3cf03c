/**
 * Text of a stranger for a prompt: labelled, and between lines that the text itself cannot contain, so that it cannot pretend
 * to have ended.
 */
export const fence = (label: string, text: string): string => {
  const longest = Math.max(0, ...(text.match(/=+/g) ?? []).map((run) => run.length))
  const line = "=".repeat(Math.max(8, longest + 1))
  return `${line} ${label}\n${text}\n${line}`
}
