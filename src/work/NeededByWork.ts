import { Effect, Layer } from "effect"
import { neededFor, NeededScopes } from "../gitea/TokenScopes.ts"
import { Isolation } from "../tool/Isolation.ts"

/** The scopes that work needs of the token: where tools are on, it ends in a push. */
export const NeededByWork = Layer.effect(
  NeededScopes,
  Effect.map(Isolation, ({ verdict }) => neededFor({ tools: verdict.kind === "on" }))
)
