import { Refusal } from "./Refusal.ts"

/** The category of a path of the API, as `tokenRequiresScopes` of routers/api/v1/api.go gives them; null: none is asked for. */
const categoryOf = (path: string): string | null => {
  if (/^\/api\/v1\/notifications(\/|$)/.test(path)) return "notification"
  if (/^\/api\/v1\/user(\/|$)/.test(path)) return "user"
  if (/^\/api\/v1\/repos\/(issues\/search|[^/]+\/[^/]+\/(issues|labels|milestones))(\/|$)/.test(path)) return "issue"
  return /^\/api\/v1\/(repos|repositories)\//.test(path) ? "repository" : null
}

/** The refusal of a token that lacks the scope for a call, by category and by method alone; null when it has it. */
export const scopeRefusal = (method: string, path: string, scopes: ReadonlyArray<string>): Refusal | null => {
  const category = categoryOf(path)
  if (category === null || scopes.includes("all") || scopes.includes(`write:${category}`)) return null
  const level = method === "GET" || method === "HEAD" ? "read" : "write"
  if (level === "read" && scopes.includes(`read:${category}`)) return null
  return new Refusal({
    status: 403,
    message: `token does not have at least one of required scope(s), required=[${level}:${category}], token scope=${scopes.join(",")}`
  })
}
