import { Effect, Layer, Scope } from "effect"
import type { Context } from "effect"
import { HttpRouter } from "effect/http"

/**
 * What answers for routes that are loaded and built with the first request for one of them, in a router of their own, so that
 * neither the start nor the memory of a process that is never asked pays for them.
 */
export const deferred = <E, R>(load: Effect.Effect<Layer.Layer<never, E, R>>) =>
  Effect.gen(function* () {
    const services = yield* Effect.context<Exclude<R, HttpRouter.HttpRouter>>()
    // Routes keep what they were built with, and that must be nothing of the request that came first.
    const instead: (_: Context.Context<never>) => typeof services = () => services
    const build = load.pipe(
      Effect.flatMap((routes) => HttpRouter.toHttpEffect(routes)),
      // With the memo map at hand, their router would be the one that is being built now.
      Effect.provideServiceEffect(Layer.CurrentMemoMap, Layer.makeMemoMap),
      Scope.provide(yield* Effect.scope),
      Effect.updateContext(instead)
    )
    // To its end even when that request is given up: an interruption would be kept in place of the routes.
    return yield* Effect.cached(Effect.uninterruptible(build))
  }).pipe(Effect.map((routes) => Effect.orDie(Effect.flatten(routes))))
