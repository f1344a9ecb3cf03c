// @effect-diagnostics *:off

type Env = Readonly<Record<string, string>>

/** The first line of a connection to the tools container: a host in a workspace ... */
export interface Start {
  readonly kind: "host"
  readonly cwd: string
  readonly env: Env
}

/** ... or one command, with its input in base64. */
export interface Run {
  readonly kind: "run"
  readonly cwd: string
  readonly env: Env
  readonly argv: ReadonlyArray<string>
  /** The unix socket of the proxy that it may use. */
  readonly proxy: string | null
  readonly stdin: string
  readonly millis: number
  readonly bytes: number
  readonly over: "end" | "keep last"
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const isTexts = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((text) => typeof text === "string")
const isEnv = (value: unknown): value is Env => isRecord(value) && isTexts(Object.values(value))
const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

/** Null for a line that is none. */
export const openingOf = (line: string): Start | Run | null => {
  try {
    const value: unknown = JSON.parse(line)
    if (!isRecord(value)) return null
    const { kind, cwd, env, argv, proxy, stdin, millis, bytes, over } = value
    if (typeof cwd !== "string" || !isEnv(env)) return null
    if (kind === "host") return { kind, cwd, env }
    if (kind !== "run" || !isTexts(argv) || argv.length === 0 || typeof stdin !== "string") return null
    if (proxy !== null && typeof proxy !== "string") return null
    if (!isSize(millis) || !isSize(bytes) || (over !== "end" && over !== "keep last")) return null
    return { kind, cwd, env, argv, proxy, stdin, millis, bytes, over }
  } catch {
    return null
  }
}
