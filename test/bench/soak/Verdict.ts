import { Array, Clock, Duration, Effect, Schedule } from "effect"
import { taskIdOf } from "../../../src/domain/Task.ts"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"
import { progressKey, reportKey } from "../../../src/outbox/Outbox.ts"
import { growth } from "./Growth.ts"
import { Lives } from "./Lives.ts"
import type { Opened } from "./People.ts"
import { People, REPOSITORIES } from "./People.ts"
import { stillness } from "./Stillness.ts"

const MARKER = /<!-- mosaic (.*?) -->/g
const EXAMPLES = 5
const LOOK = Schedule.spaced("1 second")
/** How long nothing may get done: longer than the longest wait of the coordinator after a failed look or a refused comment. */
const PATIENCE = Duration.minutes(8)
/** A machine that others use as well may be slow, and still get on. */
const LONGEST = Duration.minutes(30)

/** A claim, and what speaks against it. */
export interface Claim {
  readonly name: string
  readonly against: ReadonlyArray<string>
}

interface WrittenComment {
  readonly id: number
  readonly key: string
}

const taskRows = Effect.flatMap(Lives, ({ store }) => store.read("tasks", ["id", "state", "cause", "round"]))
const rounds = Effect.map(taskRows, (rows) => new Map(rows.map(({ id, round }) => [id, round])))
const idOf = ({ issue: { number, repository } }: Opened) => taskIdOf(repository.id, number)
const isAsked = ({ assigned, open }: Opened) => assigned && open

const doubled = (values: ReadonlyArray<string>): ReadonlyArray<string> => {
  const seen = new Set<string>()
  return values.filter((value) => seen.size === seen.add(value).size)
}

/** Of the issues that are the bot's, those whose task is not completed, each with how it stands. */
const unfinished = Effect.gen(function* () {
  const tasks = new Map((yield* taskRows).map((task) => [task.id, task]))
  return (yield* (yield* People).opened).filter(isAsked).flatMap((opened) => {
    const task = tasks.get(idOf(opened))
    return task?.state === "completed" ? [] : [`${idOf(opened)}: ${task?.state ?? "no task"} ${task?.cause ?? ""}`]
  })
})

/** Those that were worked more often than the bot was asked. */
const unasked = Effect.gen(function* () {
  const worked = yield* rounds
  return (yield* (yield* People).opened).flatMap((opened) => {
    const id = idOf(opened)
    const round = worked.get(id) ?? 0
    return round > opened.mandates ? [`${id}: ${round} rounds, asked ${opened.mandates} times`] : []
  })
})

const waiting = Effect.gen(function* () {
  const { store } = yield* Lives
  const deliveries = yield* store.column("deliveries", "deliveryId", { status: "accepted" })
  const tasks = yield* store.read("tasks", ["id", "state"], { state: ["ready", "running"] })
  const comments = yield* store.column("outbox", "key", { state: "pending" })
  return [
    ...deliveries.map((id) => `delivery ${id}`),
    ...tasks.map(({ id, state }) => `task ${id} ${state}`),
    ...comments.map((key) => `comment ${key}`)
  ]
})

/** Waits until nothing is left to do, for as long as there is less and less. */
export const settled = Effect.gen(function* () {
  yield* (yield* SandboxGitea).drained
  let fewest = Infinity
  let since = yield* Clock.currentTimeMillis
  yield* Effect.all([waiting, unfinished, Clock.currentTimeMillis]).pipe(
    Effect.map(([left, open, now]) => {
      const count = left.length + open.length
      if (count < fewest) since = now
      fewest = Math.min(fewest, count)
      return count === 0 || now - since > Duration.toMillis(PATIENCE)
    }),
    Effect.repeat({ schedule: LOOK, until: (over) => over }),
    Effect.timeoutOption(LONGEST)
  )
})

/** Every 200 has one row; the receiver may have stored what it could not answer any more. */
const unstored = Effect.gen(function* () {
  const stored = yield* (yield* Lives).store.column("deliveries", "deliveryId")
  const known = new Set(stored)
  const answered = (yield* (yield* SandboxGitea).deliveries).filter(
    ({ outcome }) => "status" in outcome && outcome.status === 200
  )
  return { lost: answered.filter(({ id }) => !known.has(id)).map(({ id }) => id), doubled: doubled(stored) }
})

/** The bot's comments on all issues, each with what its marker says. */
const written = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  const all = yield* Effect.forEach(yield* (yield* People).opened, ({ issue }) => gitea.comments(issue))
  return all.flat().flatMap(({ body, id, user }) => {
    if (user !== gitea.bot.login) return []
    const keys = [...body.matchAll(MARKER)].map(([, key = ""]) => key)
    return [{ id, key: keys.join(" and ") }]
  })
})

/** What each issue that is the bot's has to have: the progress, and the report of its newest round. */
const unsaid = Effect.fnUntraced(function* (keys: ReadonlySet<string>) {
  const worked = yield* rounds
  return (yield* (yield* People).opened).filter(isAsked).flatMap((opened) => {
    const id = idOf(opened)
    return [progressKey(id), reportKey(id, worked.get(id) ?? 0)].filter((key) => !keys.has(key))
  })
})

/** A comment whose answer was lost has no id in the outbox when its row was dropped afterwards, because the issue was closed. */
const unknown = Effect.fnUntraced(function* (comments: ReadonlyArray<WrittenComment>) {
  const outbox = yield* (yield* Lives).store.read("outbox", ["key", "commentId", "state"])
  const known = outbox.filter(({ commentId, state }) => commentId !== null || state === "dropped")
  const ids = new Map(known.map(({ commentId, key }) => [key, commentId]))
  return comments.filter(({ id, key }) => (ids.get(key) ?? (ids.has(key) ? id : null)) !== id).map(({ key }) => key)
})

/** The branch of each open pull request, under its repository. */
const pulls = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  const all = yield* Effect.forEach(REPOSITORIES, (name) =>
    Effect.map(gitea.pulls(name), (them) => them.map(({ head, state }) => ({ name: `${name} ${head}`, state })))
  )
  return all.flat().flatMap(({ name, state }) => (state === "open" ? [name] : []))
})

export const verdict = Effect.gen(function* () {
  const deliveries = yield* unstored
  const comments = yield* written
  const keys = comments.map(({ key }) => key)
  const strange = yield* unknown(comments)
  const claims: ReadonlyArray<Claim> = [
    { name: "every delivery answered 200 is stored", against: deliveries.lost },
    { name: "no delivery is stored twice", against: deliveries.doubled },
    { name: "no delivery, task or comment waits any more", against: yield* waiting },
    { name: "every open issue of the bot is completed", against: yield* unfinished },
    { name: "no issue was worked in more rounds than the bot was asked for", against: yield* unasked },
    { name: "no progress and no report is on an issue twice", against: doubled(keys) },
    { name: "each of them has its progress and its report", against: yield* unsaid(new Set(keys)) },
    { name: "no work has two open pull requests", against: doubled(yield* pulls) },
    { name: "every comment of the bot is the one its outbox row tells of", against: strange },
    ...(yield* stillness),
    ...(yield* growth)
  ]
  return claims
})

export const sentenceOf = ({ against, name }: Claim): string =>
  against.length === 0
    ? `holds   ${name}`
    : `BROKEN  ${name}: ${against.length}, for instance ${Array.take(against, EXAMPLES).join("; ")}`
