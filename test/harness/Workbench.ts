import { Effect, Layer, Schedule, Schema } from "effect"
import { ModelClient, ModelRetry } from "../../src/anthropic/ModelClient.ts"
import type { ModelError } from "../../src/anthropic/ModelError.ts"
import type { ModelInfo, ModelRequest, StreamUsage } from "../../src/anthropic/ModelRequest.ts"
import type { Comment } from "../../src/domain/Comment.ts"
import { JournalEntry } from "../../src/domain/JournalEntry.ts"
import { Observation } from "../../src/domain/Mandate.ts"
import type { Reply } from "../../src/domain/Reply.ts"
import { taskIdOf } from "../../src/domain/Task.ts"
import type { IssueReader } from "../../src/issue/IssueReader.ts"
import { Journal } from "../../src/session/Journal.ts"
import { UsageLog } from "../../src/context/UsageLog.ts"
import { SessionRunner } from "../../src/session/SessionRunner.ts"
import type { Assignment } from "../../src/session/Step.ts"
import { LiveSessions } from "../../src/context/LiveSessions.ts"
import { Toolbox } from "../../src/session/Toolbox.ts"
import type { SettingsValues } from "../../src/Settings.ts"
import { Outbox } from "../../src/outbox/Outbox.ts"
import type { Subject } from "../../src/domain/IssueRef.ts"
import { AssignedTexts } from "../../src/task/AssignedTexts.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { FROM, issue, REPOSITORY } from "./Deliveries.ts"
import { mocks } from "./Mocks.ts"
import { MODEL_INFO, models, reply, toolUse } from "./Models.ts"
import { column } from "./StoreReader.ts"
import { settings } from "./TestSettings.ts"
import { TestStore } from "./TestStore.ts"

export const TASK = taskIdOf(REPOSITORY.id, issue().number)
export const SUBJECT: Subject = {
  repositoryId: REPOSITORY.id,
  number: issue().number,
  fullName: REPOSITORY.fullName,
  title: issue().title,
  priority: 2
}

/** A paid or free call that Claude was asked for. */
export interface Call {
  readonly operation: "turn" | "compact" | "count"
  readonly request: ModelRequest
}

/** Turns that bring these replies, one after the other, and then the last one again and again. */
export const inOrder =
  (...replies: readonly [Reply, ...ReadonlyArray<Reply>]): Script["turn"] =>
  (_, index) =>
    Effect.succeed(replies[index] ?? replies.at(-1) ?? replies[0])

type OnUsage = (usage: StreamUsage) => Effect.Effect<void>

/** How Claude answers. `index` counts the turns from 0. */
export interface Script {
  turn(request: ModelRequest, index: number, onUsage: OnUsage): Effect.Effect<Reply, ModelError>
  compact(request: ModelRequest): Effect.Effect<Reply, ModelError>
  count(request: ModelRequest): Effect.Effect<number, ModelError>
  readonly info: Effect.Effect<ModelInfo, ModelError>
}

export const finish = (answer: string, status: "done" | "blocked" = "done"): Reply =>
  reply([toolUse("finish", { answer, status })])

/** Claude as the script has it, and every call it got; nothing is repeated. A count is 1,000 unless scripted; a compaction dies. */
export const claude = (script: Partial<Script>) => {
  const calls: Array<Call> = []
  const asked = (operation: Call["operation"], request: ModelRequest) =>
    calls.push({ operation, request }) && calls.filter((call) => call.operation === operation).length - 1
  const adapter = mocks.Anthropic({
    keyless: null,
    turn: (request, _, onUsage) =>
      Effect.suspend(() => {
        const index = asked("turn", request)
        return script.turn?.(request, index, onUsage) ?? Effect.succeed(finish("answer"))
      }),
    compact: (request) =>
      Effect.suspend(() => (asked("compact", request), script.compact?.(request) ?? Effect.die("no compaction here"))),
    count: (request) =>
      Effect.suspend(() => (asked("count", request), script.count?.(request) ?? Effect.succeed(1_000))),
    info: () => script.info ?? Effect.succeed(MODEL_INFO)
  })
  const layer = ModelClient.layerNoDeps.pipe(Layer.provide([adapter, Layer.succeed(ModelRetry, Schedule.recurs(0))]))
  return { calls, layer, paid: () => calls.filter(({ operation }) => operation !== "count") }
}

export interface Surroundings {
  readonly claude?: { readonly layer: Layer.Layer<ModelClient> }
  readonly comments?: ReadonlyArray<Comment>
  /** What a read of the comments gives, in the place of `comments`. */
  readonly thread?: IssueReader["Service"]["thread"]
  readonly settings?: Partial<SettingsValues>
  readonly toolbox?: Partial<Toolbox["Service"]>
}

/** All that works a task in sessions, real, on a store in memory; Gitea and Claude around it are scripted. */
export const workbench = (around: Surroundings = {}) => {
  const issues = mocks.IssueReader({
    thread: around.thread ?? (() => Effect.succeed({ comments: around.comments ?? [], from: FROM }))
  })
  return SessionRunner.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(UsageLog.layer, LiveSessions.layer)),
    Layer.provideMerge(
      around.toolbox === undefined
        ? Toolbox.layer
        : Layer.effect(
            Toolbox,
            Effect.map(Toolbox, (real) => ({ ...real, ...around.toolbox }))
          ).pipe(Layer.provide(Toolbox.layer))
    ),
    Layer.provideMerge(Layer.mergeAll(Tasks.layer, AssignedTexts.layer)),
    Layer.provideMerge(Outbox.layer),
    Layer.provideMerge(TestStore),
    Layer.provide(Layer.mergeAll(issues, around.claude?.layer ?? models(), settings(around.settings)))
  )
}

/** The issue is assigned, and its task claimed. */
export const claimed = Effect.gen(function* () {
  const tasks = yield* Tasks
  yield* tasks.observed(TASK, SUBJECT, Observation.Assigned({ mandate: { source: "timeline", id: 1 } }))
  const claim = yield* tasks.claim
  return claim ?? (yield* Effect.die("there is nothing to claim"))
})

/** Claims again after a pause, as a restart does. */
export const claimedAgain = Effect.gen(function* () {
  const claim = yield* (yield* Tasks).claim
  return claim ?? (yield* Effect.die("there is nothing to claim"))
})

export const workOn = Effect.fnUntraced(function* (
  claim: Effect.Success<typeof claimed>,
  sight: Assignment["sight"] = Effect.succeed(null)
) {
  return yield* (yield* SessionRunner).run({
    claim,
    issue: issue(),
    sight,
    look: Effect.void,
    workplace: null,
    stopping: Effect.succeed(false)
  })
})

/** Claims the task of the assigned issue, works it, and ends the claim with the outcome, as the worker does. */
export const work = Effect.gen(function* () {
  const claim = yield* claimed
  const outcome = yield* workOn(claim)
  if (outcome !== null) yield* (yield* Tasks).move(claim, outcome.to, outcome.cause, (yield* Journal).end(TASK))
  return outcome
})

const decodeEntry = Schema.decodeUnknownEffect(Schema.fromJsonString(JournalEntry))

/** The entries of a session, oldest first. */
export const entriesOf = (session: string) =>
  Effect.flatMap(
    column("journal", "entry", { sessionId: session }),
    Effect.forEach((entry) => Effect.orDie(decodeEntry(entry)))
  )

/** The journals of the task's sessions, oldest session first. */
export const journals = Effect.gen(function* () {
  const journal = yield* Journal
  const task = yield* (yield* Tasks).find(TASK)
  const sessions = task === null ? [] : yield* journal.sessions(task)
  return yield* Effect.forEach(sessions, ({ id }) => entriesOf(id))
})

/** The journals by the names of their entries. */
export const told = Effect.map(journals, (all) => all.map((entries) => entries.map(({ _tag }) => _tag)))
