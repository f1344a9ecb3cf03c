/** Longest run of `=` that is kept: a stranger's text must not make the lines around it long. */
const MAX_RUN = 20

export const shortenRuns = (text: string): string => text.replace(/=+/g, (run) => run.slice(0, MAX_RUN))

/**
 * Text of a stranger for a prompt: labelled, and between lines that the text itself cannot contain, so that it cannot pretend
 * to have ended.
 */
export const fence = (label: string, text: string): string => {
  const content = shortenRuns(text)
  const longest = (content.match(/=+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0)
  const line = "=".repeat(Math.max(8, longest + 1))
  return `${line} ${label}\n${content}\n${line}`
}
