import { NodeHttpClient, NodeRuntime, NodeServices } from "@effect/platform-node"
import { Array, Console, Duration, Effect, FileSystem, Layer, Order, Schema, Stream } from "effect"
import { HttpClient } from "effect/http"
import { ChildProcess, ChildProcessSpawner } from "effect/process"

const TURNS = 9
const IDLE = "1.5 seconds"

/** An ES module, as the bundle is one: importing `node:http` from such a module makes Node load its fetch as well. */
const BARE = `
  import { createServer } from "node:http"
  const server = createServer((_, response) => response.end('{"status":"healthy"}'))
  server.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port))`

interface Figures {
  /** Milliseconds from the start of the process to its first answer on /health. */
  readonly start: number
  /** Resident memory, in MB of 1024 * 1024 bytes, after a time without requests. */
  readonly memory: number
}

class NotListening extends Schema.TaggedError<NotListening>()("NotListening", {}) {
  override readonly message = "The process ended without naming its address: run `npm run build` first"
}

const address = (text: string) => /http:\/\/127\.0\.0\.1:[1-9]\d*/.exec(text)?.[0]

const firstAddress = (output: ChildProcessSpawner.ChildProcessHandle["stdout"]) =>
  output.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.map(address),
    Stream.filter((found) => found !== undefined),
    Stream.runHead,
    Effect.flatMap(Effect.fromOption),
    Effect.mapError(() => new NotListening())
  )

const firstAnswer = Effect.fnUntraced(function* (command: ChildProcess.Command) {
  const handle = yield* command
  const url = yield* firstAddress(handle.stdout)
  yield* HttpClient.get(`${url}/health`).pipe(Effect.flatMap((response) => response.text))
  return handle
})

const measure = (command: ChildProcess.Command) =>
  Effect.gen(function* () {
    const [start, { pid }] = yield* Effect.timed(firstAnswer(command))
    yield* Effect.sleep(IDLE)
    const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
    const kilobytes = yield* spawner.string(ChildProcess.make("ps", ["-o", "rss=", "-p", String(pid)]))
    return { start: Duration.toMillis(start), memory: Number(kilobytes) / 1024 }
  }).pipe(Effect.scoped)

const median = (values: ReadonlyArray<number>): number =>
  Array.sort(values, Order.Number)[Math.floor(values.length / 2)] ?? Infinity

const medians = (runs: ReadonlyArray<Figures>): Figures => ({
  start: median(runs.map(({ start }) => start)),
  memory: median(runs.map(({ memory }) => memory))
})

const line = (name: string, { start, memory }: Figures) =>
  `${name.padEnd(36)} ${start.toFixed(0).padStart(5)} ms to /health   ${memory.toFixed(0).padStart(4)} MB idle`

/** Starts the bundle and a bare `node:http` server by turns and prints the medians, and their ratios. */
const program = Effect.gen(function* () {
  const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
  const environment = {
    GITEA_URL: "http://127.0.0.1:9",
    GITEA_WEBHOOK_SECRET: "only-for-this-measurement",
    DATABASE_URL: `sqlite:${folder}/coordinator.db`,
    HOST: "127.0.0.1",
    PORT: "0"
  }
  const node = (args: ReadonlyArray<string>, more: Record<string, string> = {}) =>
    ChildProcess.make(process.execPath, args, { env: { ...environment, ...more }, extendEnv: false, stderr: "inherit" })
  const compiled = node(["dist/main.js"], { NODE_COMPILE_CACHE: `${folder}/compiled` })
  yield* measure(compiled)
  const turn = Effect.all({
    bare: measure(node(["--input-type=module", "-e", BARE])),
    bundle: measure(node(["dist/main.js"])),
    compiled: measure(compiled)
  })
  const turns = yield* Effect.replicateEffect(turn, TURNS)
  const bare = medians(turns.map((runs) => runs.bare))
  const ratio = ({ start }: Figures) => `  ${(start / bare.start).toFixed(2)}x`
  const bundle = medians(turns.map((runs) => runs.bundle))
  const image = medians(turns.map((runs) => runs.compiled))
  yield* Console.log(line("bare node:http", bare))
  yield* Console.log(line("dist/main.js", bundle) + ratio(bundle))
  yield* Console.log(line("the same, compiled as in the image", image) + ratio(image))
  yield* Console.log(`medians of ${TURNS} interleaved turns`)
}).pipe(Effect.scoped, Effect.provide(Layer.merge(NodeServices.layer, NodeHttpClient.layerNodeHttp)))

NodeRuntime.runMain(program)
