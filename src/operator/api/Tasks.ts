import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { GapCause } from "../../domain/Gap.ts"
import { TaskState } from "../../domain/TaskState.ts"
import { cursorOf, MAX_PAGE, pageQuery } from "./Page.ts"
import { anywhere, NotFound } from "./Problems.ts"
import { Session } from "./Sessions.ts"

export const Task = Schema.Struct({
  /** `<repository id>/<issue number>` */
  id: Schema.String,
  repository: Schema.String,
  issue: Schema.Int,
  title: Schema.String,
  state: TaskState,
  /** Why it is in its state. */
  cause: Schema.String,
  /** The open issues that it depends on, as "owner/name#number": until they are closed it is running, and is not worked. */
  waitsFor: Schema.Array(Schema.String),
  attempts: Schema.Int,
  generation: Schema.Int,
  turns: Schema.Int,
  tokens: Schema.Int,
  createdAt: Schema.DateTimeUtc,
  updatedAt: Schema.DateTimeUtc
})
export type Task = typeof Task.Type

export const Transition = Schema.Struct({
  from: Schema.NullOr(TaskState),
  to: TaskState,
  cause: Schema.String,
  at: Schema.DateTimeUtc
})

/** A change of the issue that no delivery told of; `state` is where the repair brought the task. */
export const Gap = Schema.Struct({
  cause: GapCause,
  downFrom: Schema.NullOr(Schema.DateTimeUtc),
  downTo: Schema.NullOr(Schema.DateTimeUtc),
  happenedAt: Schema.NullOr(Schema.DateTimeUtc),
  foundAt: Schema.DateTimeUtc,
  state: TaskState
})

/** The newest answer, as it was to be written on the issue; `state` "sent": it stands there. `reason`: why it was dropped. */
export const Answer = Schema.Struct({
  state: Schema.Literals(["pending", "sent", "dropped"]),
  reason: Schema.NullOr(Schema.String),
  body: Schema.String
})

export const TaskDetail = Schema.Struct({
  ...Task.fields,
  answer: Schema.NullOr(Answer),
  transitions: Schema.Array(Transition),
  sessions: Schema.Array(Session),
  gaps: Schema.Array(Gap)
})
export type TaskDetail = typeof TaskDetail.Type

const LIST = "tasks"

export const TaskPage = Schema.Struct({
  tasks: Schema.Array(Task),
  nextCursor: Schema.NullOr(cursorOf(LIST))
})
export type TaskPage = typeof TaskPage.Type

const detail = { success: TaskDetail, error: [...anywhere, NotFound] }
const summary = "One task, with its transitions, sessions and gaps"

export class TasksGroup extends HttpApiGroup.make("tasks")
  .add(
    HttpApiEndpoint.get("list", "/tasks", {
      query: pageQuery(LIST),
      success: TaskPage,
      error: anywhere
    }).annotateMerge(OpenApi.annotations({ summary: "Tasks, newest first" })),
    HttpApiEndpoint.get("find", "/tasks/:id", { params: { id: Schema.String }, ...detail }).annotateMerge(
      OpenApi.annotations({
        summary,
        description: `A task's id with its slash escaped, for instance /api/tasks/21%2F57. Each of the three is newest first, at most ${MAX_PAGE}.`
      })
    ),
    HttpApiEndpoint.get("findOfIssue", "/tasks/:repository/:issue", {
      params: { repository: Schema.String, issue: Schema.String },
      ...detail
    }).annotateMerge(
      OpenApi.annotations({
        summary,
        description: "The same under a task's id as it stands, for instance /api/tasks/21/57."
      })
    )
  )
  .annotateMerge(OpenApi.annotations({ description: "The work that issues ask for, one task for each" })) {}
