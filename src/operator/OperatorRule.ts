/** What the operator rule looks at. Header values as they were sent; undefined where there was none. */
export interface Caller {
  readonly host: string | undefined
  readonly origin: string | undefined
  /** How the bearer token compares with the operator's. */
  readonly token: "right" | "wrong"
}

export type Verdict = "allowed" | "token needed" | "foreign origin"

/** A browser names itself as `http(s)://<host>` on pages of our own; "null" and everything else is another's. */
const isForeign = ({ host, origin }: Caller): boolean =>
  origin !== undefined && origin.toLowerCase().replace(/^https?:\/\//, "") !== host?.toLowerCase()

/** Whether a request may see what is for operators only. */
export const decide = (caller: Caller): Verdict => {
  if (isForeign(caller)) return "foreign origin"
  return caller.token === "right" ? "allowed" : "token needed"
}
