/** Containers in containers, brackets, emphasis and lines that take a parser of Markdown out of proportion to their length. */
const DEEP = /^(?:[ \t]*(?:>|(?:[-*+]|\d{1,9}[.)])[ \t])){50}/m
const MOST_BRACKETS = 1_000
const MOST_MARKS = 3_000
const MOST_LINES = 5_000

/** A fence right behind the sign of a footnote or a definition: Gitea sees other fences than CommonMark. */
const FENCED_NOTE = /^[\s>*+\-\d.)]*(?::[ \t]|\[\^[^\]\n]+\]:)[\s>*+\-\d.)]*(?:`{3}|~{3})/m

const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0

/** Whether a text is no Markdown that anybody would write, or none that two parsers read alike. */
export const isTangled = (text: string): boolean =>
  DEEP.test(text) ||
  FENCED_NOTE.test(text) ||
  count(text, /\]\[|\]\(|!\[/g) > MOST_BRACKETS ||
  count(text, /[*_~]+|[<[]/g) > MOST_MARKS ||
  count(text, /\n/g) > MOST_LINES

/** The text to be read as it is written, between fences longer than any in it. */
export const asCode = (text: string): string => {
  const longest = (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 2)
  const fence = "`".repeat(longest + 1)
  return `${fence}text\n${text}${text.endsWith("\n") ? "" : "\n"}${fence}`
}

/** Whether it is what `asCode` made. */
export const isCode = (text: string): boolean => {
  const fence = /^(`{3,})text\n/.exec(text)?.[1]
  return fence !== undefined && text === asCode(text.slice(fence.length + 5, -fence.length))
}
