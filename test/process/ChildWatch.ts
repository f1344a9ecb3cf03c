import { Effect, Ref, Schedule } from "effect"
import { readFileSync } from "node:fs"
import { descendantsOf } from "../harness/Descendants.ts"

/** Where a secret was seen in a process that descends from the coordinator. */
export interface Sighting {
  readonly secret: string
  readonly where: "arguments" | "environment"
  /** The first of its arguments, as a name. */
  readonly program: string
  /** Whether it runs in an isolation. */
  readonly isIsolated: boolean
}

const read = (pid: number, name: "cmdline" | "environ"): string => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "latin1")
  } catch {
    return ""
  }
}

const programOf = (line: string): string => line.split("\0", 1)[0]?.split("/").at(-1) ?? ""

/** Looks at every process below one, again and again until the scope ends. What was just forked still is its parent, and not looked at. */
export const watchChildren = Effect.fnUntraced(function* (pid: number, secrets: Readonly<Record<string, string>>) {
  const own = read(pid, "cmdline")
  const programs = yield* Ref.make<ReadonlySet<string>>(new Set())
  const seen = yield* Ref.make<ReadonlyMap<string, Sighting>>(new Map())

  const look = Effect.sync(() => {
    const isolated = new Set<number>()
    return descendantsOf(pid).flatMap((child) => {
      const line = read(child, "cmdline")
      if (line === "" || line === own) return []
      const program = programOf(line)
      if (program === "bwrap" || isolated.has(child)) descendantsOf(child).forEach((below) => isolated.add(below))
      const isIsolated = program === "bwrap" || isolated.has(child)
      const texts = { arguments: line, environment: read(child, "environ") }
      const found = (["arguments", "environment"] as const).flatMap((where) =>
        Object.entries(secrets)
          .filter(([, value]) => texts[where].includes(value))
          .map(([secret]) => ({ secret, where, program, isIsolated }))
      )
      return [{ program, found }]
    })
  }).pipe(
    Effect.flatMap((all) =>
      Effect.andThen(
        Ref.update(programs, (before) => new Set([...before, ...all.map(({ program }) => program)])),
        Ref.update(
          seen,
          (before) =>
            new Map([...before, ...all.flatMap(({ found }) => found.map((it) => [JSON.stringify(it), it] as const))])
        )
      )
    )
  )
  yield* Effect.forkScoped(Effect.repeat(look, Schedule.spaced("5 millis")))
  return {
    programs: Effect.map(Ref.get(programs), (all) => [...all]),
    sightings: Effect.map(Ref.get(seen), (all) => [...all.values()])
  }
})
