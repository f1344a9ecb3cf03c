import { Effect, Layer } from "effect"
import type { Outcome } from "../../src/domain/Outcome.ts"
import type { SessionRunner } from "../../src/session/SessionRunner.ts"
import type { IssueObserver } from "../../src/task/IssueObserver.ts"
import { Prospect } from "../../src/work/Workplaces.ts"
import { TaskWorker } from "../../src/work/TaskWorker.ts"
import { issue } from "../harness/Deliveries.ts"
import { mocks } from "../harness/Mocks.ts"
import { column, read } from "../harness/StoreReader.ts"
import { settings } from "../harness/TestSettings.ts"
import { assignedBy } from "../task/support.ts"

export type Run = SessionRunner["Service"]["run"]

interface Around {
  readonly run: Run
  readonly observe?: IssueObserver["Service"]["observe"]
  readonly opened?: Effect.Effect<void>
  readonly maxConcurrentAgents?: number
  readonly repositories?: ReadonlyArray<string>
}

export const done: Outcome = { to: "completed", cause: "the answer was given", answer: "Here." }
const stillAssigned: IssueObserver["Service"]["observe"] = () =>
  Effect.succeed({ subject: null, issue: issue(), observation: assignedBy(1), before: null, after: null })

/** The worker at work until the scope ends. */
export const worker = ({
  run,
  observe = stillAssigned,
  opened = Effect.void,
  maxConcurrentAgents = 10,
  repositories = []
}: Around) =>
  TaskWorker.pipe(
    Layer.provide([
      mocks.SessionRunner({ run }),
      mocks.IssueObserver({ observe }),
      mocks.Gitea({ dependencies: () => Effect.succeed([]) }),
      mocks.IssueReader({ follow: () => Effect.succeed(Effect.succeed(null)) }),
      mocks.WorkGate({ opened, unanswerable: Effect.succeed(false) }),
      mocks.Workplaces({
        prepare: () => Effect.succeed(Prospect.Off({ why: "none here" })),
        saved: () => Effect.succeed(null),
        keep: () => Effect.void
      }),
      settings({ maxConcurrentAgents, repositories })
    ])
  )

/** The states of all tasks, by issue number. */
export const states = Effect.map(read("tasks", ["number", "state"]), (all) =>
  all.toSorted((a, b) => a.number - b.number).map(({ state }) => state)
)

export const attempts = Effect.map(column("tasks", "attempts"), ([first]) => first)
