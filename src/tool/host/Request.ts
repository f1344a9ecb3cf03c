// @effect-diagnostics *:off

/** What the coordinator asks of the host: one line of JSON. `limits` are the coordinator's own, whatever the input says. */
export interface Request {
  readonly id: number
  readonly tool: string
  readonly input: Readonly<Record<string, unknown>>
  readonly limits: { readonly millis: number; readonly bytes: number }
}

export interface Answer {
  readonly ok: boolean
  readonly text: string
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isPositive = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0

/** Null for a line that is none. */
export const requestOf = (line: string): Request | null => {
  try {
    const value: unknown = JSON.parse(line)
    if (!isRecord(value) || !isRecord(value["input"]) || !isRecord(value["limits"])) return null
    const { id, tool, input, limits } = value
    const { millis, bytes } = limits
    if (!isPositive(id) || typeof tool !== "string" || !isPositive(millis) || !isPositive(bytes)) return null
    return { id, tool, input, limits: { millis, bytes } }
  } catch {
    return null
  }
}
