import { Effect, Schema } from "effect"
import { Task } from "../domain/Task.ts"

const { mandate: _, ...columns } = Task.fields

const Columns = Schema.Struct({
  ...columns,
  mandateSource: Schema.NullOr(Schema.Literals(["timeline", "delivery"])),
  mandateId: Schema.NullOr(Schema.Int)
})

/** A row of the task table as a task. */
export const taskOf = (row: unknown) =>
  Effect.map(Schema.decodeUnknownEffect(Columns)(row), ({ mandateSource, mandateId, ...task }): Task => ({
    ...task,
    mandate: mandateSource === null || mandateId === null ? null : { source: mandateSource, id: mandateId }
  }))
