import { Effect, Schema } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { Prompt } from "./Prompt.ts"

const Tasks = Schema.Struct({
  tasks: Schema.Array(
    Schema.Struct({ id: Schema.String, title: Schema.String, state: Schema.String, cause: Schema.String })
  )
})

/** The coordinator's tasks as its operator API lists them. */
export const makeTaskList = Effect.fnUntraced(function* (url: string, token: string) {
  const client = yield* HttpClient.HttpClient
  const { say } = yield* Prompt
  const list = HttpClientRequest.get(`${url}/api/tasks`).pipe(
    HttpClientRequest.bearerToken(token),
    client.execute,
    Effect.flatMap(HttpClientResponse.schemaBodyJson(Tasks)),
    Effect.map(({ tasks }) => tasks.map(({ id, state, cause, title }) => `${id}  ${state}: ${cause}  "${title}"`)),
    Effect.catch((error) => Effect.succeed([`The coordinator did not list its tasks: ${error.message}`]))
  )
  return { show: Effect.flatMap(list, (lines) => say(lines.length === 0 ? "There are no tasks." : lines.join("\n"))) }
})
