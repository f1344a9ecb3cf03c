import { Effect } from "effect"
import { FetchHttpClient } from "effect/http"

/** Runs calls and hands back every body that they sent and received, untouched. */
export const recorded = Effect.fnUntraced(function* <A, E, R>(calls: Effect.Effect<A, E, R>) {
  const fetch = yield* FetchHttpClient.Fetch
  const sent: Array<unknown> = []
  const answers: Array<Promise<string>> = []
  const recording: typeof fetch = (input, init) => {
    sent.push(init?.body)
    return fetch(input, init).then((response) => {
      answers.push(response.clone().text())
      return response
    })
  }
  const result = yield* Effect.provideService(calls, FetchHttpClient.Fetch, recording)
  const received = yield* Effect.promise(() => Promise.all(answers))
  return { result, sent: sent.map(String), received }
})
