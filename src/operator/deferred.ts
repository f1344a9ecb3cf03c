import { Effect, Layer, Scope } from "effect"
import { HttpRouter } from "effect/http"

/**
 * What answers for routes that are loaded and built with the first request for one of them, in a router of their own, so that
 * neither the start nor the memory of a process that is never asked pays for them.
 */
export const deferred = Effect.fnUntraced(function* <E, R>(load: Effect.Effect<Layer.Layer<never, E, R>>) {
  const services = yield* Effect.context<Exclude<R, HttpRouter.HttpRouter>>()
  const build = load.pipe(
    Effect.flatMap((routes) => HttpRouter.toHttpEffect(routes)),
    // With the memo map at hand, their router would be the one that is being built now.
    Effect.provideServiceEffect(Layer.CurrentMemoMap, Layer.makeMemoMap),
    Effect.provideContext(services),
    Scope.provide(yield* Effect.scope)
  )
  // To its end even when the request is given up: an interruption would be kept in place of the routes.
  return Effect.flatten(yield* Effect.cached(Effect.uninterruptible(build)))
})
