import { Array, Effect } from "effect"
import { MAX_REQUESTS } from "../../../src/domain/TaskLimits.ts"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"
import { allRounds, paidRequests } from "./Figures.ts"
import { Lives } from "./Lives.ts"
import { Run } from "./Run.ts"
import type { Claim } from "./Verdict.ts"

/** Longer than the interval at which the coordinator compares. */
const LOOK = "70 seconds"
/** Edits of one comment in a minute: one in ten seconds. */
const EDITS_PER_MINUTE = 6
const MORE_EDITS = 5
/** Paid requests of a round, on average: an undisturbed one has three or four, and faults, kills and odd replies add theirs. */
const PAID_PER_ROUND = 20

const writes = Effect.map(
  Effect.flatMap(SandboxGitea, ({ requests }) => requests),
  (all) => all.filter(({ method }) => method !== "GET")
)

/** Comments that were edited more often than they may be, each with how often. */
const restless = Effect.gen(function* () {
  const { minutes } = yield* Run
  const edits = (yield* writes).filter(({ method, status }) => method === "PATCH" && status === 200)
  const most = minutes * EDITS_PER_MINUTE + MORE_EDITS
  return Object.entries(Array.groupBy(edits, ({ path }) => path)).flatMap(([path, all]) =>
    all.length > most ? [`${path} ${all.length} times`] : []
  )
})

/** Claims that nothing goes on without end. To be asked when all is settled. */
export const stillness = Effect.gen(function* () {
  const tasks = yield* (yield* Lives).store.read("tasks", ["id", "requests"])
  const rounds = yield* allRounds
  const before = { paid: yield* paidRequests, writes: (yield* writes).length }
  yield* Effect.sleep(LOOK)
  const later = (yield* writes).slice(before.writes).map(({ method, path }) => `${method} ${path}`)
  const more = (yield* paidRequests) - before.paid
  const claims: ReadonlyArray<Claim> = [
    { name: `nothing is written in ${LOOK} after all is settled`, against: later },
    { name: "and nothing is paid for", against: more === 0 ? [] : [`${more} requests`] },
    {
      name: `a round has ${PAID_PER_ROUND} paid requests at most, on average (${before.paid} of ${rounds} rounds)`,
      against: before.paid > PAID_PER_ROUND * rounds ? [`${before.paid} of ${rounds} rounds`] : []
    },
    {
      name: `and none more than ${MAX_REQUESTS}`,
      against: tasks.filter(({ requests }) => requests > MAX_REQUESTS).map(({ id, requests }) => `${id}: ${requests}`)
    },
    { name: "no comment is edited more often than every ten seconds", against: yield* restless }
  ]
  return claims
})
