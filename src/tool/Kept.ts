/** Bytes of an output as they come, no more than are wanted. */
export interface Kept {
  add(bytes: Uint8Array): void
  readonly overflowed: boolean
  /** The first of them, or the last. */
  bytes(): Uint8Array
  text(): string
}

/** How much is held for a moment, in the size of what is kept. */
const SLACK = 2

export const keepFirst = (room: number): Kept => {
  const parts: Array<Uint8Array> = []
  let left = room
  let overflowed = false
  const bytes = () => Buffer.concat(parts)
  return {
    add(chunk) {
      if (chunk.length > left) overflowed = true
      if (left > 0) parts.push(chunk.subarray(0, left))
      left = Math.max(0, left - chunk.length)
    },
    get overflowed() {
      return overflowed
    },
    bytes,
    text: () => bytes().toString("utf8")
  }
}

export const keepLast = (room: number): Kept => {
  let parts: Array<Uint8Array> = []
  let size = 0
  let overflowed = false
  const bytes = () => Buffer.concat(parts).subarray(Math.max(0, size - room))
  return {
    add(chunk) {
      parts.push(chunk)
      size += chunk.length
      if (size > room) overflowed = true
      if (size <= SLACK * room) return
      const last = Buffer.from(bytes())
      parts = [last]
      size = last.length
    },
    get overflowed() {
      return overflowed
    },
    bytes,
    text: () => bytes().toString("utf8")
  }
}
