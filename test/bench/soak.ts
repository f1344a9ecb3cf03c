import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Array, Console, Effect, Exit, Fiber, Layer, Order, Random, Schema } from "effect"
import { Command } from "effect/cli"
import { SandboxClaude } from "../../src/sandbox/claude/SandboxClaude.ts"
import { SandboxGitea } from "../../src/sandbox/gitea/SandboxGitea.ts"
import { comparison, figures, line } from "./soak/Figures.ts"
import { Lives } from "./soak/Lives.ts"
import { oddities } from "./soak/Oddities.ts"
import { People } from "./soak/People.ts"
import { flags, Run } from "./soak/Run.ts"
import type { RunFlags } from "./soak/Run.ts"
import { trouble } from "./soak/Trouble.ts"
import { sentenceOf, settled, verdict } from "./soak/Verdict.ts"

const PARTS = 6
/** Kills come before this part of the time and after its end: in between one life shows how it grows. */
const LAST_EARLY_KILL = 1 / 8
const EARLY_KILLS = 3
const LATE_KILLS = 2
const BURST = 40
/** Milliseconds, at most. */
const LONGEST_DOWN = 3_000
const LOUDEST = 20

class Broken extends Schema.TaggedError<Broken>()("Broken", { claims: Schema.Int }) {
  override get message() {
    return `${this.claims} claims are broken`
  }
}

const killAndStart = Effect.gen(function* () {
  const { kill, start } = yield* Lives
  yield* kill
  yield* Effect.sleep(yield* Random.nextIntBetween(1, LONGEST_DOWN))
  yield* start
})

const earlyKills = Effect.gen(function* () {
  const { seed, until } = yield* Run
  yield* Effect.forEach(Array.range(1, EARLY_KILLS), (nth) =>
    Random.next.pipe(
      Effect.flatMap((chance) => until(((nth - chance) / EARLY_KILLS) * LAST_EARLY_KILL)),
      Effect.andThen(killAndStart)
    )
  ).pipe(Random.withSeed(`${seed} early kills`))
})

const lateKills = Effect.gen(function* () {
  const { seed } = yield* Run
  const { burst } = yield* People
  const kill = Effect.gen(function* () {
    yield* burst(BURST)
    yield* Effect.sleep(yield* Random.nextIntBetween(1, LONGEST_DOWN))
    yield* killAndStart
  })
  yield* Effect.replicateEffect(kill, LATE_KILLS).pipe(Random.withSeed(`${seed} late kills`))
})

/** Figures at the end of each part of the time. */
const watch = Effect.gen(function* () {
  const { minutes, until } = yield* Run
  return yield* Effect.forEach(Array.range(1, PARTS), (part) =>
    until(part / PARTS).pipe(
      Effect.andThen(figures),
      Effect.tap((it) => Console.log(`${((minutes * part) / PARTS).toFixed(1).padStart(5)} min  ${line(it)}`))
    )
  )
})

const loudest = Effect.gen(function* () {
  const { examples, sentences } = yield* (yield* Lives).written
  const ranked = Array.sort(
    [...sentences],
    Order.mapInput(Order.flip(Order.Number), ([, count]: readonly [string, number]) => count)
  )
  return [
    ...ranked.slice(0, LOUDEST).map(([sentence, count]) => `${String(count).padStart(7)}  ${sentence}`),
    ...[...examples.values()].map((line) => `for instance  ${line}`)
  ]
})

const soak = Effect.gen(function* () {
  const { seed } = yield* Run
  const lives = yield* Lives
  const people = yield* People
  yield* Console.log(`seed ${seed}`)
  yield* oddities
  yield* lives.start
  const faults = yield* Effect.forkScoped(trouble)
  const kills = yield* Effect.forkScoped(earlyKills)
  const work = yield* Effect.forkScoped(people.work)
  yield* Fiber.join(kills)
  const series = yield* watch
  yield* Fiber.join(work)
  yield* lateKills
  yield* Fiber.interrupt(faults)
  yield* Console.log(`${EARLY_KILLS + LATE_KILLS} times killed and started; faults are over, waiting for all to settle`)
  yield* settled
  yield* Console.log(`  settled  ${line(yield* figures)}`)
  const [first] = series
  const last = series.at(-1)
  if (first !== undefined && last !== undefined) yield* Console.log(comparison(first, last).join("\n"))
  yield* Console.log((yield* loudest).join("\n"))
  const claims = yield* verdict
  yield* Console.log(claims.map(sentenceOf).join("\n"))
  const broken = claims.filter(({ against }) => against.length > 0).length
  if (broken > 0) return yield* new Broken({ claims: broken })
})

const layerWith = (values: RunFlags) =>
  Layer.merge(Lives.layer, People.layer).pipe(
    Layer.provideMerge(Run.layerWith(values)),
    Layer.provideMerge(Layer.mergeAll(SandboxGitea.layer, SandboxClaude.layer))
  )

const command = Command.make("soak", flags, (values) =>
  soak.pipe(Effect.scoped, Effect.provide(layerWith(values)))
).pipe(
  Command.withDescription(
    "Runs the built coordinator against the stand-ins, with faults, odd answers, lost hooks and kills, and looks for what was lost, doubled or without end."
  )
)

const program = Command.run(command, { version: "0" }).pipe(
  Effect.tapError(({ message }) => Console.error(message)),
  Effect.provide(NodeServices.layer)
)

NodeRuntime.runMain(program, {
  disableErrorReporting: true,
  teardown: (exit, onExit) => onExit(Exit.isSuccess(exit) ? 0 : 1)
})
