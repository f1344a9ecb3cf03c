import { HttpMethod, HttpRouter } from "effect/http"
import type { HttpServerRequest } from "effect/http"
import { answerRefusal, leavingBody, methodNotAllowed, notFound } from "./Refusal.ts"

/** The methods of every path that is served. */
export type MethodTable = Readonly<Record<string, ReadonlyArray<string>>>

/**
 * Answers what no route matches: 405 with `Allow` on a path of the table, else 404. The router alone knows no 405. It takes HEAD
 * requests too, so a path that answers HEAD needs a HEAD route.
 */
export const Fallback = (table: MethodTable) => {
  const methods = new Map(Object.entries(table))
  return HttpRouter.add("*", "*", (request: HttpServerRequest.HttpServerRequest) => {
    const allowed = methods.get(request.url.replace(/[?#].*$/, ""))
    const refusal = allowed === undefined ? notFound : methodNotAllowed(allowed)
    return answerRefusal(HttpMethod.hasBody(request.method) ? leavingBody(refusal) : refusal)
  })
}
