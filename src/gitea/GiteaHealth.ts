import { Effect, Ref } from "effect"
import type { Call, Send } from "./GiteaClient.ts"
import { concernsGitea } from "./GiteaError.ts"
import type { GiteaError } from "./GiteaError.ts"

/** What the outcomes of calls tell of Gitea, and of the scopes of the token. */
interface GiteaHealth {
  /** Null while Gitea answers and takes the token for what it is asked, else what went wrong last. */
  readonly health: Effect.Effect<GiteaError | null>
  /** The last refusal for want of a scope, until a call of its kind goes well; null while there is none. */
  readonly lacking: Effect.Effect<GiteaError | null>
  /** Notes a refusal for want of a scope that no call has met yet. */
  lacks(error: GiteaError): Effect.Effect<void>
  /** The same calls, with their outcomes noted. */
  watching(bare: Send): Send
}

export const makeGiteaHealth = Effect.gen(function* () {
  const health = yield* Ref.make<GiteaError | null>(null)
  const lacking = yield* Ref.make<GiteaError | null>(null)

  const went = ({ operation }: Call) =>
    Effect.andThen(
      Ref.set(health, null),
      Ref.update(lacking, (error) => (error?.operation === operation ? null : error))
    )
  const failed = (error: GiteaError) =>
    Effect.andThen(
      Ref.set(health, concernsGitea(error) ? error : null),
      error.scope === undefined ? Effect.void : Ref.set(lacking, error)
    )

  const kept: GiteaHealth = {
    health: Effect.map(Effect.all([Ref.get(lacking), Ref.get(health)]), ([scope, other]) => scope ?? other),
    lacking: Ref.get(lacking),
    lacks: (error) => Ref.set(lacking, error),
    watching: (bare) => (call, answer) => bare(call, answer).pipe(Effect.tap(went(call)), Effect.tapError(failed))
  }
  return kept
})
