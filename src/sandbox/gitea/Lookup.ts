import { Effect, Option } from "effect"
import { HttpRouter, HttpServerRequest } from "effect/http"
import type { Forge, Issue, Repository } from "./Forge.ts"
import { findIssue, findRenamed, findRepository } from "./Forge.ts"
import { notFound, Refusal } from "./Refusal.ts"

/** The repository the path names; 301 to the same path under its new name after a rename, else 404. */
export const repositoryInPath = Effect.fnUntraced(function* (
  forge: Forge
): Effect.fn.Return<Repository, Refusal, HttpRouter.RouteContext | HttpServerRequest.HttpServerRequest> {
  const { name, owner } = yield* HttpRouter.params
  const fullName = `${owner}/${name}`
  const found = findRepository(forge, fullName)
  if (Option.isSome(found)) return found.value
  const renamed = findRenamed(forge, fullName)
  if (Option.isNone(renamed)) return yield* notFound
  const { url } = yield* HttpServerRequest.HttpServerRequest
  return yield* new Refusal({ status: 301, message: "", location: url.replace(fullName, renamed.value.fullName) })
})

/** The issue the path names; `missing` when its repository is there and the issue is not. */
export const issueInPath = Effect.fnUntraced(function* (
  forge: Forge,
  missing: Refusal
): Effect.fn.Return<Issue, Refusal, HttpRouter.RouteContext | HttpServerRequest.HttpServerRequest> {
  const repository = yield* repositoryInPath(forge)
  const { number } = yield* HttpRouter.params
  return yield* Effect.mapError(Effect.fromOption(findIssue(forge, repository.id, Number(number))), () => missing)
})
