/** A text as a model may see it, and what was done to it. */
export interface Visible {
  readonly text: string
  /** In words, for the label of the text and for the log; empty where nothing was hidden. */
  readonly found: ReadonlyArray<string>
}

/** Marks that turn the direction of a text, so that it reads otherwise than it is. */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** Characters that repeat a whole alphabet without being seen. */
const TAGS = /[\u{e0000}-\u{e007f}]/gu

/** Controls, fillers and what has no width; and what only chooses a shape, unless a picture is before it. */
const INVISIBLE = new RegExp(
  [
    // oxlint-disable-next-line no-control-regex
    "[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f]",
    "[\\u00ad\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u2060-\\u2065\\u206a-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb]",
    "[\\ufe00-\\ufe0d\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0100}-\\u{e01ef}]",
    "(?<![\\p{Extended_Pictographic}\\d#*])[\\ufe0e\\ufe0f]",
    // Joiners belong into pictures and into scripts other than Latin.
    "(?<![\\p{Extended_Pictographic}\\p{Emoji_Modifier}\\ufe0f\\p{M}]|(?!\\p{Script=Latin})\\p{L})[\\u200c\\u200d]"
  ].join("|"),
  "gu"
)

const COMMENT = "<!--"
const SHOWN = "<!--[hidden from readers]"

const counted = (count: number, one: string, many: string): ReadonlyArray<string> =>
  count === 0 ? [] : [count === 1 ? `1 ${one}` : `${count} ${many}`]

/** What readers of an issue do not see: hidden comments are shown as such, and characters without a shape are taken out. */
export const visible = (given: string): Visible => {
  let text = given
  const takeOut = (pattern: RegExp): number => {
    const count = text.match(pattern)?.length ?? 0
    if (count > 0) text = text.replace(pattern, "")
    return count
  }
  const tags = takeOut(TAGS)
  const direction = takeOut(DIRECTION)
  const invisible = takeOut(INVISIBLE)
  const comments = text.split(COMMENT).length - 1
  return {
    text: comments === 0 ? text : text.replaceAll(COMMENT, SHOWN),
    found: [
      ...counted(comments, "hidden comment shown", "hidden comments shown"),
      ...counted(tags, "tag character taken out", "tag characters taken out"),
      ...counted(direction, "mark of direction taken out", "marks of direction taken out"),
      ...counted(invisible, "invisible character taken out", "invisible characters taken out")
    ]
  }
}
