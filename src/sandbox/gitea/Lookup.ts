import { Effect, Number as Numbers, Option } from "effect"
import { HttpRouter, HttpServerRequest } from "effect/http"
import type { Forge, Issue, Repository } from "./Forge.ts"
import { findFormer, findIssue, findRepository, referred } from "./Forge.ts"
import { notFound, Refusal } from "./Refusal.ts"

const FORBIDDEN = "user should have specific permission or be a repo admin or a site admin"
const ADMINISTRATORS_ONLY = "user should be an owner or a collaborator with admin write of a repository"
const MAX_LIMIT = 50

/** The repository itself, if the bot may see it. */
export const visible = (repository: Repository): Effect.Effect<Repository, Refusal> => {
  if (repository.refusal === null) return Effect.succeed(repository)
  return Effect.fail(repository.refusal === 404 ? notFound : new Refusal({ status: 403, message: FORBIDDEN }))
}

/** The repository the path names; after a rename sent on to the same path under its new name, seen or not, else 404. */
export const repositoryInPath = Effect.fnUntraced(function* (
  forge: Forge
): Effect.fn.Return<Repository, Refusal, HttpRouter.RouteContext | HttpServerRequest.HttpServerRequest> {
  const { name, owner } = yield* HttpRouter.params
  const fullName = `${owner}/${name}`
  const found = findRepository(forge, fullName)
  if (Option.isSome(found)) return yield* visible(found.value)
  const former = findFormer(forge, fullName)
  if (Option.isNone(former)) return yield* notFound
  const { url } = yield* HttpServerRequest.HttpServerRequest
  const { repository, status } = former.value
  const location = url.replace(fullName, referred(forge.repositories, repository).fullName)
  return yield* new Refusal({ status, message: "", location })
})

/** The repository the path names, to be written to: 423 when it is archived. */
export const writableInPath = (forge: Forge) =>
  Effect.tap(repositoryInPath(forge), ({ archived, fullName }) =>
    archived ? new Refusal({ status: 423, message: `${fullName} is archived` }) : Effect.void
  )

/** The repository the path names, for its administrators only: 403 for anybody else. */
export const administeredInPath = (forge: Forge) =>
  Effect.tap(repositoryInPath(forge), ({ administered }) =>
    administered ? Effect.void : new Refusal({ status: 403, message: ADMINISTRATORS_ONLY })
  )

/** The issue the path names; `missing` when its repository is there and the issue is not. */
export const issueInPath = Effect.fnUntraced(function* (
  forge: Forge,
  missing: Refusal
): Effect.fn.Return<Issue, Refusal, HttpRouter.RouteContext | HttpServerRequest.HttpServerRequest> {
  const repository = yield* repositoryInPath(forge)
  const { number } = yield* HttpRouter.params
  return yield* Effect.mapError(Effect.fromOption(findIssue(forge, repository.id, Number(number))), () => missing)
})

/** The slice of `values` that `page` (from 1) and `limit` ask for; what is missing or senseless takes its default. `endless`: goes round. */
export const pageOf = <A>(
  values: ReadonlyArray<A>,
  query: { readonly page?: string; readonly limit?: string },
  defaultLimit: number,
  endless = false
): ReadonlyArray<A> => {
  const limit = Math.min(positive(query.limit, defaultLimit), MAX_LIMIT)
  const start = (positive(query.page, 1) - 1) * limit
  if (!endless || values.length === 0) return values.slice(start, start + limit)
  return Array.from({ length: limit }, (_, index) => values[(start + index) % values.length]).flatMap((it) => it ?? [])
}

const positive = (text: string | undefined, otherwise: number): number =>
  Option.fromUndefinedOr(text).pipe(
    Option.flatMap(Numbers.parse),
    Option.filter((value) => value >= 1),
    Option.match({ onNone: () => otherwise, onSome: Math.floor })
  )
