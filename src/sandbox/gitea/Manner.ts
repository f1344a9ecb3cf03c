import { Context, Effect, Layer, Ref } from "effect"

/** What real servers do to a client that they could spare it. */
export interface Behaviour {
  /**
   * Odd: every timeline begins with a null, as after the deletion of a comment that had referred to the issue
   * (services/convert/issue_comment.go).
   */
  readonly odd: boolean
  /** Odd: where a list is over, its pages begin anew, as before a proxy that loses the query. */
  readonly endless: boolean
  /** Those of the bot's token. "all" is every one. */
  readonly scopes: ReadonlyArray<string>
  /** Whether issues can depend on others; where not, they are not found. */
  readonly hasDependencies: boolean
  /** The token was taken back: 401. */
  readonly revoked: boolean
  /** Texts that the database does not take: a write of one is answered 500. MySQL without utf8mb4, NUL on PostgreSQL. */
  readonly refusesText: RegExp | null
}

/** As strict as a server is with a token that has what the README asks for. */
const WELL: Behaviour = {
  odd: false,
  endless: false,
  scopes: ["read:user", "write:issue", "write:repository"],
  hasDependencies: true,
  revoked: false,
  refusesText: null
}

/** How the server behaves towards the bot. */
export class Manner extends Context.Service<
  Manner,
  {
    readonly current: Effect.Effect<Behaviour>
    change(behaviour: Partial<Behaviour>): Effect.Effect<void>
  }
>()("mosaic-coordinator/sandbox/gitea/Manner") {
  static readonly layer = Layer.effect(
    Manner,
    Effect.map(Ref.make(WELL), (behaviour) => ({
      current: Ref.get(behaviour),
      change: (change) => Ref.update(behaviour, (before) => ({ ...before, ...change }))
    }))
  )
}
