/** What the operator rule looks at. Header values as they were sent; undefined where there was none. */
export interface Caller {
  /** Address at the other end of the socket; null where there is none. */
  readonly peer: string | null
  readonly host: string | undefined
  readonly origin: string | undefined
  /** Names of all headers, in lower case. */
  readonly headers: ReadonlyArray<string>
  /** How the bearer token compares with `OPERATOR_TOKEN`; `unset` when there is none to compare with. */
  readonly token: "unset" | "right" | "wrong"
}

export type Verdict = "allowed" | "token needed" | "not local" | "foreign origin"

const LOOPBACK_ADDRESS = /^(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$|^::1$/i
const LOOPBACK_HOST = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i
const FORWARDED = /^(forwarded|x-forwarded-.*|via)$/

/** A browser names itself as `http(s)://<host>` on pages of our own; "null" and everything else is another's. */
const isForeign = ({ host, origin }: Caller): boolean =>
  origin !== undefined && origin.toLowerCase().replace(/^https?:\/\//, "") !== host?.toLowerCase()

/** Straight from this machine: a name that somebody pointed at loopback, or a proxy in front, does not pass for it. */
const isLocal = ({ headers, host, peer }: Caller): boolean =>
  LOOPBACK_ADDRESS.test(peer ?? "") && LOOPBACK_HOST.test(host ?? "") && !headers.some((name) => FORWARDED.test(name))

/** Whether a request may see what is for operators only. */
export const decide = (caller: Caller): Verdict => {
  if (isForeign(caller)) return "foreign origin"
  if (caller.token === "unset") return isLocal(caller) ? "allowed" : "not local"
  return caller.token === "right" ? "allowed" : "token needed"
}
