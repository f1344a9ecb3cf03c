// @effect-diagnostics *:off
// The host has no Effect in it: with it a session would start three times as slowly.

/** Of what is kept, the share that comes from the beginning; the rest is the end, where errors are. */
const HEAD = 0.25
/** Characters of one line that are shown. */
const LINE = 2_000

/** Keeps the beginning and the end of an output, however long it gets. */
export interface Clip {
  add(chunk: Buffer): void
  text(): string
}

export const makeClip = (bytes: number): Clip => {
  const headRoom = Math.floor(bytes * HEAD)
  const tailRoom = bytes - headRoom
  const head: Array<Buffer> = []
  let headSize = 0
  let tail: Array<Buffer> = []
  let tailSize = 0
  let left = 0

  return {
    add(chunk) {
      const first = chunk.subarray(0, headRoom - headSize)
      if (first.length > 0) {
        head.push(first)
        headSize += first.length
      }
      const rest = chunk.subarray(first.length)
      if (rest.length === 0) return
      tail.push(rest)
      tailSize += rest.length
      if (tailSize < 2 * tailRoom + 65_536) return
      const kept = Buffer.from(Buffer.concat(tail).subarray(-tailRoom))
      left += tailSize - kept.length
      tail = [kept]
      tailSize = kept.length
    },
    text() {
      const end = Buffer.concat(tail)
      const cut = Math.max(0, end.length - tailRoom)
      const missing = left + cut
      if (missing === 0) return Buffer.concat([...head, end]).toString("utf8")
      return `${Buffer.concat(head).toString("utf8")}\n[${missing} bytes left out]\n${end.subarray(cut).toString("utf8")}`
    }
  }
}

/** The same for a text that is there already. */
export const clip = (text: string, bytes: number): string => {
  if (Buffer.byteLength(text) <= bytes) return text
  const kept = makeClip(bytes)
  kept.add(Buffer.from(text))
  return kept.text()
}

/** Colours and long lines, which only cost context. */
export const plain = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex
    .replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, "")
    .split("\n")
    .map((line) =>
      line.length > LINE ? `${line.slice(0, LINE)} [${line.length - LINE} characters of this line left out]` : line
    )
    .join("\n")
