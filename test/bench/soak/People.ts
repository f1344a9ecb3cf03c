import { Array, Context, Duration, Effect, Layer, Random, Ref, Schedule } from "effect"
import { SHOP } from "../../../src/sandbox/demo/Shop.ts"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"
import type { SandboxIssue } from "../../../src/sandbox/gitea/SandboxGitea.ts"
import { UNSTORABLE } from "./Oddities.ts"
import { Run } from "./Run.ts"

export const REPOSITORIES = ["acme/shop", "acme/press"] as const
const PERSON = "ada"
const COLLEAGUE = "bea"
const PRIORITIES = ["Priority/Critical", "Priority/High", "Priority/Medium", "Priority/Low"] as const
/** Most changes are about issues that are new. */
const NEWEST = 30
/** Well under the ten starts within an hour after which the coordinator holds an issue back. */
const MOST_MANDATES = 4
/** A discussion has an end, as the stand-in copies all of it at every change. */
const MOST_COMMENTS = 40
const TICK = Schedule.spaced("200 millis")
const MOST_PER_TICK = 100
const HOOKS_PATIENCE = Duration.seconds(5)

/** An issue, as people left it. */
export interface Opened {
  readonly issue: SandboxIssue
  readonly open: boolean
  readonly assigned: boolean
  /** How often the bot was asked. */
  readonly mandates: number
  readonly comments: number
}

/** Something people do with an issue, and how it is afterwards. */
interface Act {
  readonly weight: number
  readonly may: (opened: Opened) => boolean
  readonly on: (opened: Opened) => Effect.Effect<Partial<Opened>>
}

const always = () => true
const isAskable = ({ assigned, mandates, open }: Opened) => open && assigned && mandates < MOST_MANDATES
const isAsked = ({ assigned, open }: Opened) => open && assigned
const unchanged: Partial<Opened> = {}

/** One of ten has a character that cannot be stored in an answer which repeats it. */
const titleOf = (seconds: number): string => `Search takes ${seconds} s${seconds % 10 === 0 ? ` ${UNSTORABLE}` : ""}`

const text = Effect.map(Random.nextIntBetween(5, 60), (times) =>
  "The search is slow since the last release. ".repeat(times)
)

const actsOf = (gitea: SandboxGitea["Service"]): ReadonlyArray<Act> => [
  {
    weight: 50,
    may: always,
    on: ({ issue }) =>
      Effect.as(
        Effect.flatMap(text, (body) => gitea.edit(issue, { body }, PERSON)),
        unchanged
      )
  },
  {
    weight: 8,
    may: always,
    on: ({ issue }) =>
      Random.nextIntBetween(1, 100).pipe(
        Effect.flatMap((seconds) => gitea.edit(issue, { title: titleOf(seconds) }, PERSON)),
        Effect.as(unchanged)
      )
  },
  {
    weight: 10,
    may: always,
    on: ({ issue }) =>
      Random.choice(PRIORITIES).pipe(
        Effect.flatMap((name) => gitea.label(issue, [name], PERSON)),
        Effect.as(unchanged)
      )
  },
  {
    weight: 15,
    may: ({ comments }) => comments < MOST_COMMENTS,
    on: ({ comments, issue }) =>
      Effect.as(
        Effect.flatMap(text, (body) => gitea.comment(issue, body, COLLEAGUE)),
        { comments: comments + 1 }
      )
  },
  {
    weight: 8,
    may: always,
    on: ({ issue }) =>
      gitea
        .assign(issue, COLLEAGUE, PERSON)
        .pipe(Effect.andThen(gitea.unassign(issue, COLLEAGUE, PERSON)), Effect.as(unchanged))
  },
  {
    weight: 1,
    may: isAskable,
    on: ({ issue, mandates }) =>
      gitea
        .unassign(issue, gitea.bot.login, PERSON)
        .pipe(Effect.andThen(gitea.assign(issue, gitea.bot.login, PERSON)), Effect.as({ mandates: mandates + 1 }))
  },
  {
    weight: 1,
    may: isAskable,
    on: ({ issue, mandates }) =>
      gitea
        .close(issue, PERSON)
        .pipe(Effect.andThen(gitea.reopen(issue, PERSON)), Effect.as({ mandates: mandates + 1 }))
  },
  { weight: 0.2, may: isAsked, on: ({ issue }) => Effect.as(gitea.close(issue, PERSON), { open: false }) },
  {
    weight: 0.2,
    may: isAsked,
    on: ({ issue }) => Effect.as(gitea.unassign(issue, gitea.bot.login, PERSON), { assigned: false })
  },
  {
    weight: 2,
    may: always,
    on: () =>
      gitea.deliveries.pipe(
        Effect.flatMap((all) => Random.choice(all)),
        Effect.flatMap(({ id }) => gitea.replay(id)),
        Effect.ignore,
        Effect.as(unchanged)
      )
  }
]

/** The act a number from 0 to 1 falls upon. */
const drawn = (acts: ReadonlyArray<Act>, number: number): Act | undefined => {
  const total = acts.reduce((sum, { weight }) => sum + weight, 0)
  const ends = Array.scan(acts, 0, (sum, { weight }) => sum + weight / total).slice(1)
  return acts[ends.findIndex((end) => number < end)]
}

/** The people of the stand-in Gitea, who keep the coordinator busy. */
export class People extends Context.Service<
  People,
  {
    readonly opened: Effect.Effect<ReadonlyArray<Opened>>
    /** Opens issues and changes them, evenly over the time of the run, until it is over or has all it was to have. */
    readonly work: Effect.Effect<void>
    /** So many changes at once. */
    burst(count: number): Effect.Effect<void>
  }
>()("mosaic-coordinator/test/bench/soak/People") {
  static readonly layer = Layer.effect(
    People,
    Effect.gen(function* () {
      const gitea = yield* SandboxGitea
      const run = yield* Run
      const acts = actsOf(gitea)
      const issues = yield* Ref.make<ReadonlyArray<Opened>>([])
      yield* Effect.forEach(
        REPOSITORIES,
        (name) => Effect.andThen(gitea.createRepository(name), gitea.commit(name, SHOP)),
        { discard: true }
      )

      const open = Effect.gen(function* () {
        const repository = yield* Random.choice(REPOSITORIES)
        const body = yield* text
        const atOnce = yield* Random.nextBoolean
        const assignees = atOnce ? [gitea.bot.login] : []
        const title = titleOf(yield* Random.nextIntBetween(1, 100))
        const issue = yield* gitea.openIssue({ repository, title, body, by: PERSON, assignees })
        if (!atOnce) yield* gitea.assign(issue, gitea.bot.login, PERSON)
        yield* Ref.update(issues, Array.append({ issue, open: true, assigned: true, mandates: 1, comments: 0 }))
      })

      const change = Effect.gen(function* () {
        const all = yield* Ref.get(issues)
        const from = (yield* Random.nextBoolean) ? Math.max(0, all.length - NEWEST) : 0
        const place = yield* Random.nextIntBetween(from, all.length - 1)
        const opened = all[place]
        if (opened === undefined) return
        const act = drawn(
          acts.filter(({ may }) => may(opened)),
          yield* Random.next
        )
        const after = yield* act?.on(opened) ?? Effect.succeed(unchanged)
        yield* Ref.update(issues, (them) => them.map((it, index) => (index === place ? { ...it, ...after } : it)))
      })

      const burst = (count: number) => Effect.asVoid(Effect.replicateEffect(change, count, { discard: true }))

      /** Answers whether all is done. Waits for the hooks, because a receiver that is down must not be buried. */
      const tick = Effect.gen(function* () {
        yield* Effect.timeoutOption(gitea.drained, HOOKS_PATIENCE)
        const share = yield* run.share
        const missing = Math.ceil(share * run.tasks) - (yield* Ref.get(issues)).length
        yield* Effect.replicateEffect(open, Math.max(0, missing), { discard: true })
        const sent = (yield* gitea.deliveries).length
        yield* burst(Math.min(MOST_PER_TICK, Math.max(0, Math.ceil(share * run.deliveries) - sent)))
        return share === 1
      })

      return {
        opened: Ref.get(issues),
        work: tick.pipe(
          Effect.repeat({ schedule: TICK, until: (done) => done }),
          Random.withSeed(`${run.seed} people`),
          Effect.asVoid
        ),
        burst: (count) => Random.withSeed(burst(count), `${run.seed} burst`)
      }
    })
  )
}
