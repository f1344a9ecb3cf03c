import { Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { callOf } from "./faults.ts"
import type { FaultCase } from "./faults.ts"

/** Where nobody listens: below the ports that the system gives out, and none that `fetch` refuses by itself. */
const NOBODY = "http://127.0.0.1:2"

const send = FetchHttpClient.Fetch.defaultValue()

type Sent = Parameters<typeof send>

const claudeOperationOf = (path: string, body: unknown) => {
  if (path.includes("/models/")) return "models"
  if (path.endsWith("/count_tokens")) return "count_tokens"
  if (!path.endsWith("/messages")) return null
  return /"compaction":\{"type":"summarize"\}/.test(String(body)) ? "compact" : "messages"
}

const isOf = (it: FaultCase, [input, init]: Sent): boolean => {
  const { pathname } = new URL(input instanceof Request ? input.url : input)
  return it.side === "Gitea"
    ? callOf(it.operation).match.test(`${init?.method} ${pathname}`)
    : claudeOperationOf(pathname, init?.body) === it.operation
}

/** A fetch that knows the calls that suffer, and finds nobody there when that is what they suffer. */
export const makeFetch = () => {
  let suffered: FaultCase | null = null
  const open = { struck: 0, other: 0 }
  let struck = 0
  const watched: typeof send = (...sent) => {
    const isStruck = suffered !== null && isOf(suffered, sent)
    if (isStruck) struck += 1
    const kind = isStruck ? "struck" : "other"
    open[kind] += 1
    const close = () => void (open[kind] -= 1)
    const [input, init] = sent
    const answer = send(isStruck && suffered?.fault.kind === "refused" ? NOBODY : input, init)
    answer.then((response) => response.clone().arrayBuffer()).then(close, close)
    return answer
  }
  return {
    /** From now on it is this that is suffered, or nothing. */
    suffer: (it: FaultCase | null) => void (suffered = it),
    layer: Layer.succeed(FetchHttpClient.Fetch, watched),
    /** Calls whose answer is not whole yet, so that a test clock does not run ahead of the sockets. */
    open: (): Readonly<typeof open> => open,
    /** Calls of the operation that suffers. */
    struck: () => struck
  }
}
