import { Effect, Metric, Record, Schedule } from "effect"
import { GapCause } from "../domain/Gap.ts"
import { bill } from "../domain/Reply.ts"
import type { ReplyUsage } from "../domain/Reply.ts"

/**
 * Every metric, with its unit where it has one in its name and its labels in the function that sets them. Labels are words of our
 * own and few: nothing of a repository, an issue or a person. The README has them all in a table.
 */
const counter = (name: string, description: string) => Metric.counter(name, { description, incremental: true })
const gauge = (name: string, description: string) => Metric.gauge(name, { description })

const STORED = ["accepted", "duplicate", "ignored"] as const
const REFUSALS = [401, 413, 415, 422, 429, 503]

const deliveries = counter("coordinator_deliveries_total", "Requests to the webhook, by outcome and HTTP status")
export const delivery = (outcome: (typeof STORED)[number] | "refused", status: number) =>
  Metric.withAttributes(deliveries, { outcome, status: String(status) })

/** Half a millisecond to eight seconds. */
const ACKNOWLEDGED = Metric.exponentialBoundaries({ start: 0.0005, factor: 2, count: 15 })
export const acknowledgement = Metric.histogram("coordinator_acknowledgement_seconds", {
  description: "From the head of a signed request to the answer that it is stored",
  boundaries: ACKNOWLEDGED
})

export const droppedConnections = counter(
  "coordinator_connections_dropped_total",
  "Connections closed because too many were open, in all or from one address"
)

const gaps = counter("coordinator_gaps_total", "Changes of issues that no delivery reported, by probable cause")
export const gap = (cause: string) => Metric.withAttributes(gaps, { cause })

/** One second to about nine hours. */
const REPAIRED = Metric.exponentialBoundaries({ start: 1, factor: 2, count: 16 })
export const repair = Metric.histogram("coordinator_gap_repair_seconds", {
  description: "From a change that no delivery reported to its repair, if the time of the change is known",
  boundaries: REPAIRED
})

const tasks = gauge("coordinator_tasks", "Tasks by state")
export const tasksIn = (state: string) => Metric.withAttributes(tasks, { state })

export const tasksWaiting = gauge(
  "coordinator_tasks_waiting",
  "Running tasks that wait for issues they depend on, and are not worked"
)

export const queueAge = gauge(
  "coordinator_queue_age_seconds",
  "How long the oldest ready task has waited; 0 when none waits"
)

export const turns = counter("coordinator_turns_total", "Replies from Claude that were stored in the journal")

const tokens = counter("coordinator_tokens_total", "Billed tokens of replies and compactions, by kind")
export const billed = (usage: ReplyUsage): Effect.Effect<void> =>
  Effect.forEach(
    Object.entries(bill(usage)),
    ([kind, count]) => Metric.update(Metric.withAttributes(tokens, { kind }), count),
    { discard: true }
  )

/** Steps of a twentieth, so that both default thresholds are among them. */
const RATIOS = Array.from({ length: 20 }, (_, index) => (index + 1) / 20)
export const contextRatio = Metric.histogram("coordinator_context_ratio", {
  description: "Share of the context in use, over all samples with a known figure",
  boundaries: RATIOS
})

const ACTIONS = ["compact", "rotate"] as const

const contextActions = counter("coordinator_context_actions_total", "Actions carried out on a session's context")
export const contextAction = (action: (typeof ACTIONS)[number]) => Metric.withAttributes(contextActions, { action })

export const contextLookFailures = counter(
  "coordinator_context_look_failures_total",
  "Failed checks of a session's context"
)

/** As the adapters name their calls. */
const OPERATIONS = {
  gitea: [
    "ask who the bot is",
    "ask for the scopes of the token",
    "read repository",
    "read issue",
    "read comments",
    "read timeline",
    "read dependencies",
    "list assigned issues",
    "list hooks",
    "create comment",
    "edit comment",
    "read access",
    "read branch",
    "read permission",
    "list pull requests",
    "read pull request",
    "create pull request",
    "edit pull request",
    "set status"
  ],
  claude: ["turn", "compact", "count", "info"],
  git: ["local", "remote"]
} as const
type Adapter = keyof typeof OPERATIONS

const errors = counter("coordinator_errors_total", "Failed calls, each try counted, by adapter and operation")
export const error = (adapter: Adapter, operation: string) => Metric.withAttributes(errors, { adapter, operation })

const retries = counter("coordinator_retries_total", "Calls repeated after a failure, by adapter and operation")
const retry = (adapter: Adapter, operation: string) => Metric.withAttributes(retries, { adapter, operation })

const leftOuts = counter(
  "coordinator_unreadable_elements_total",
  "Elements of Gitea's answers that were left out because they are null or cannot be read"
)
/** `operation`: as the adapter of Gitea names its calls. */
export const leftOut = (operation: string) => Metric.withAttributes(leftOuts, { operation })

interface Failure {
  readonly operation: string
}

/** The schedule as it is, each time it lets a call be made again counted. */
export const countingRetries =
  (adapter: Adapter) =>
  <Output, Input extends Failure>(schedule: Schedule.Schedule<Output, Input>) =>
    Schedule.tap(schedule, ({ input }) => Metric.update(retry(adapter, input.operation), 1))

export const outboxPending = gauge("coordinator_outbox_pending", "Comments whose newest text is not on the issue yet")

const calls = Record.toEntries(OPERATIONS).flatMap(([adapter, operations]) =>
  operations.flatMap((operation) => [error(adapter, operation), retry(adapter, operation)])
)

const known: ReadonlyArray<Metric.Metric<never, unknown>> = [
  ...STORED.map((outcome) => delivery(outcome, 200)),
  ...REFUSALS.map((status) => delivery("refused", status)),
  acknowledgement,
  droppedConnections,
  ...GapCause.literals.map(gap),
  repair,
  turns,
  contextRatio,
  ...ACTIONS.map(contextAction),
  contextLookFailures,
  ...OPERATIONS.gitea.map(leftOut),
  ...calls
]

/**
 * From now on every series of a counter or histogram is there, with 0 until something happens: an increase is only seen from a
 * value before it. Gauges are set when they are asked for.
 */
export const registerAll: Effect.Effect<void> = Effect.andThen(
  Effect.forEach(known, Metric.value, { discard: true }),
  billed({ input_tokens: 0, output_tokens: 0 })
)
