import { Effect, Layer } from "effect"
import type { SchemaIssue } from "effect"
import { HttpApiBuilder, HttpApiMiddleware } from "effect/http-api"
import { fieldOf } from "../http/Problem.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import { OperatorApi, OperatorToken } from "./api/OperatorApi.ts"
import { MAX_PAGE } from "./api/Page.ts"
import { BadQuery, NotFound, QueryCheck, Unavailable } from "./api/Problems.ts"
import { Records } from "./Records.ts"

const answer = <A, R>(read: Effect.Effect<A, StoreUnavailable, R>) =>
  Effect.catch(read, (error) =>
    Effect.andThen(
      Effect.logError("Operator API cannot read the store", error),
      Effect.fail(new Unavailable({ detail: "The store cannot be read right now" }))
    )
  )

const found = <A, R>(read: Effect.Effect<A | null, StoreUnavailable, R>) =>
  Effect.filterOrFail(
    answer(read),
    (record) => record !== null,
    () => new NotFound({ detail: "No record with this id" })
  )

const Deliveries = HttpApiBuilder.group(
  OperatorApi,
  "deliveries",
  Effect.fnUntraced(function* (handlers) {
    const records = yield* Records
    return handlers.handleAll({
      list: ({ query }) => answer(records.deliveries(query)),
      find: ({ params }) => found(records.delivery(params.id))
    })
  })
)

const Tasks = HttpApiBuilder.group(
  OperatorApi,
  "tasks",
  Effect.fnUntraced(function* (handlers) {
    const records = yield* Records
    return handlers.handleAll({
      list: ({ query }) => answer(records.tasks(query)),
      find: ({ params }) => found(records.task(params.id)),
      findOfIssue: ({ params }) => found(records.task(`${params.repository}/${params.issue}`))
    })
  })
)

const Sessions = HttpApiBuilder.group(
  OperatorApi,
  "sessions",
  Effect.fnUntraced(function* (handlers) {
    const records = yield* Records
    return handlers.handleAll({
      list: ({ query }) => answer(records.sessions(query)),
      find: ({ params }) => found(records.session(params.id)),
      usage: ({ params, query }) => found(records.usage(params.id, query))
    })
  })
)

const ADVICE: Readonly<Record<string, string>> = {
  limit: `limit has the wrong form: use a whole number from 1 to ${MAX_PAGE}`,
  cursor: "cursor has the wrong form: use nextCursor of the page before, or omit it for the first page"
}

const badQuery = (issue: SchemaIssue.Issue): BadQuery => {
  const field = fieldOf(issue)
  return new BadQuery({ detail: ADVICE[field] ?? `${field} has the wrong form`, field })
}

const QueryCheckLayer = HttpApiMiddleware.layerSchemaErrorTransform(QueryCheck, (error) =>
  error.kind === "Query" ? Effect.fail(badQuery(error.cause.issue)) : Effect.fail(error)
)

const Declared = Layer.succeed(OperatorToken, { bearer: (handled) => handled })

/** The handlers of the operator API. */
export const ApiHandlers = Layer.mergeAll(Deliveries, Tasks, Sessions).pipe(
  Layer.provide(Records.layer),
  Layer.provideMerge([QueryCheckLayer, Declared])
)
