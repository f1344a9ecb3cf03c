const NEWLINE = 0x0a

/** Makes lines of bytes as they come. */
export interface LineSplitter {
  /** The lines that are whole now; null once one is longer than it may be, whether it ends or not. */
  add(bytes: Uint8Array): ReadonlyArray<string> | null
}

/** What it keeps is bounded, whatever is sent to it. */
export const makeLineSplitter = (longest: number): LineSplitter => {
  const decoder = new TextDecoder()
  let parts: Array<Uint8Array> = []
  let size = 0

  return {
    add(bytes) {
      const lines: Array<string> = []
      let from = 0
      for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, from)) {
        if (size + at - from > longest) return null
        lines.push(decoder.decode(Buffer.concat([...parts, bytes.subarray(from, at)])))
        parts = []
        size = 0
        from = at + 1
      }
      const rest = bytes.subarray(from)
      size += rest.length
      if (size > longest) return null
      if (rest.length > 0) parts.push(rest)
      return lines
    }
  }
}
