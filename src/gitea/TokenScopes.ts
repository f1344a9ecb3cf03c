import { Context } from "effect"

/** What the token must be allowed, as Gitea names it. Writing implies reading. Work on the code ends in a push. */
export const neededFor = ({ tools }: { readonly tools: boolean }): ReadonlyArray<string> => [
  "read:user",
  "write:issue",
  tools ? "write:repository" : "read:repository"
]

/** The scopes that the token must have in this process: more where tools are on. */
export const NeededScopes = Context.Reference<ReadonlyArray<string>>(
  "mosaic-coordinator/gitea/TokenScopes/NeededScopes",
  { defaultValue: () => neededFor({ tools: false }) }
)

/** Of a refusal for want of a scope. Gitea and Forgejo word it so (routers/api/v1/api.go, `tokenRequiresScopes`). */
const REFUSAL = /required=\[([a-z:, ]{1,200})\].{0,20}token scope=([a-z:,-]{0,400})/

export interface ScopeRefusal {
  /** What the call would have needed: "write:issue". */
  readonly required: string
  /** All that the token has. */
  readonly granted: ReadonlyArray<string>
}

/** What the text of a 403 says about scopes; null for one that says nothing of them. */
export const scopeRefusalIn = (text: string): ScopeRefusal | null => {
  const [, required, granted] = REFUSAL.exec(text) ?? []
  return required === undefined || granted === undefined ? null : { required, granted: granted.split(",") }
}

const has = (granted: ReadonlyArray<string>, scope: string): boolean =>
  granted.includes("all") || granted.includes(scope) || granted.includes(scope.replace("read:", "write:"))

/** Those of the scopes it must have that a token lacks. */
export const lackingIn = (granted: ReadonlyArray<string>, needed: ReadonlyArray<string>): ReadonlyArray<string> =>
  needed.filter((scope) => !has(granted, scope))

/** What to do about it. */
export const scopeAdvice = (lacking: ReadonlyArray<string>, needed: ReadonlyArray<string>): string =>
  `GITEA_TOKEN lacks the scope ${lacking.join(" and ")}: make a token with ${needed.join(", ")}, set it and restart`
