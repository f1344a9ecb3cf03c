import { Effect, Layer } from "effect"
import { HttpRouter } from "effect/http"
import { deferred } from "../http/Deferred.ts"
import { OperatorAccess } from "./OperatorAccess.ts"

const load = Effect.map(
  Effect.promise(() => import("./ApiRoutes.ts")),
  ({ ApiRoutes }) => ApiRoutes
)

/** Everything under `/api`, for operators only. */
export const OperatorRoutes = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    yield* router.add("*", "/api/*", yield* deferred(load))
  })
).pipe(Layer.provide(OperatorAccess.layer))
