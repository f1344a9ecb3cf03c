import { Context, DateTime, Effect, Layer, Ref, Semaphore } from "effect"
import { HttpServer } from "effect/http"
import { Bot } from "./Bot.ts"
import type { Step } from "./Change.ts"
import { introduce } from "./Change.ts"
import { emptyForge, timestamp } from "./Forge.ts"
import { Hooks } from "./Hooks.ts"
import { renderPayload } from "./Payload.ts"
import type { View } from "./Resource.ts"

/** The state of the server. */
export class ForgeStore extends Context.Service<
  ForgeStore,
  {
    readonly view: Effect.Effect<View>
    /** Takes one step at the present time and queues what hooks are told of it; gives the state right after. */
    apply(step: (at: string) => Step): Effect.Effect<View>
  }
>()("mosaic-coordinator/sandbox/gitea/ForgeStore") {
  static readonly layer = Layer.effect(
    ForgeStore,
    Effect.gen(function* () {
      const hooks = yield* Hooks
      const url = HttpServer.formatAddress((yield* HttpServer.HttpServer).address)
      const { login } = yield* Bot
      const start = timestamp(yield* DateTime.now)
      const state = yield* Ref.make(introduce(start, login)(emptyForge).forge)
      const turn = yield* Semaphore.make(1)

      const apply = Effect.fnUntraced(function* (step: (at: string) => Step) {
        const change = step(timestamp(yield* DateTime.now))(yield* Ref.get(state))
        yield* Ref.set(state, change.forge)
        yield* Effect.forEach(
          change.events,
          (event) => hooks.notify(event.issue.repository, renderPayload(url, event)),
          { discard: true }
        )
        return { forge: change.forge, url }
      }, turn.withPermit)

      return { view: Effect.map(Ref.get(state), (forge) => ({ forge, url })), apply }
    })
  )
}
