import { HttpMethod, HttpRouter } from "effect/http"
import type { HttpServerRequest } from "effect/http"
import { answerProblem, leavingBody, methodNotAllowed, notFound } from "./Problem.ts"

/** The methods of every path that is served; a segment `:name` stands for any. */
export type MethodTable = Readonly<Record<string, ReadonlyArray<string>>>

/** As the router takes a path: in any letter case, with slashes repeated and at the end. */
const patternOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .replaceAll(".", "\\.")
      .replaceAll("/", "/+")
      .replace(/:[^/]+/g, "[^/]+")}/*$`,
    "i"
  )

/**
 * Answers what no route matches: 405 with `Allow` on a path of the table, else 404. The router alone knows no 405. It takes HEAD
 * requests too, so a path that answers HEAD needs a HEAD route.
 */
export const Fallback = (table: MethodTable) => {
  const rows = Object.entries(table).map(([path, methods]) => ({ pattern: patternOf(path), methods }))
  return HttpRouter.add("*", "*", (request: HttpServerRequest.HttpServerRequest) => {
    const path = request.url.replace(/[?#].*$/, "")
    const allowed = rows.find(({ pattern }) => pattern.test(path))?.methods
    const refusal = allowed === undefined ? notFound : methodNotAllowed(allowed)
    return answerProblem(HttpMethod.hasBody(request.method) ? leavingBody(refusal) : refusal)
  })
}
