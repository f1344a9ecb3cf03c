import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { connect } from "node:net"
import { CoordinatorProcess } from "../harness/CoordinatorProcess.ts"
import { eventuallyInProcess } from "../harness/Eventually.ts"
import { openSocket, statusesIn } from "../harness/RawSocket.ts"
import { heldTurn } from "./heldTurn.ts"

const LIMIT = 120_000

/** Whether a new connection is refused. */
const refused = (url: string) =>
  Effect.callback<boolean>((resume) => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    const tell = (is: boolean) => {
      socket.destroy()
      resume(Effect.succeed(is))
    }
    socket.on("connect", () => tell(false))
    socket.on("error", () => tell(true))
  })

/** A connection with one request that is answered, and one whose head has begun: the server has both from the same write. */
const begun = Effect.fnUntraced(function* (url: string, path: string) {
  const socket = yield* openSocket(url)
  const head = `GET ${path} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n`
  yield* socket.send(`${head}\r\n${head}Connection: close\r\n`)
  yield* eventuallyInProcess(`${path} is answered`, socket.heard, (heard) => statusesIn(heard).length === 1)
  return { complete: Effect.andThen(socket.send("\r\n"), socket.end) }
})

describe("Stopping", () => {
  it.live(
    "with a turn under way is said to whoever asks meanwhile, and ends with exit code 0",
    () =>
      Effect.gen(function* () {
        const { store, webhook } = yield* CoordinatorProcess
        const { life } = yield* heldTurn
        const url = yield* webhook
        const ready = yield* begun(url, "/health/ready")
        const health = yield* begun(url, "/health")
        yield* life.signal("SIGTERM")
        yield* eventuallyInProcess("nothing new is accepted", refused(url), (is) => is)
        const [said, healthy] = yield* Effect.all([ready.complete, health.complete], { concurrency: 2 })
        assert.deepStrictEqual(statusesIn(said), [200, 503])
        assert.include(said, `"status":"unavailable"`)
        assert.include(said, `"store":{"status":"degraded","why":"the coordinator is stopping"}`)
        assert.deepStrictEqual(statusesIn(healthy), [200, 200])
        const states = store.read("tasks", ["state", "lease"])
        const [task] = yield* states
        assert.strictEqual(task?.state, "running")
        assert.isNotNull(task?.lease, "the turn still has its grace")

        assert.strictEqual(yield* life.ended, 0)
        assert.deepStrictEqual(yield* states, [{ state: "running", lease: null }])
      }).pipe(Effect.provide(CoordinatorProcess.layer)),
    LIMIT
  )
})
