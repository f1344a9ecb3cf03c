import { Layer } from "effect"
import { IssueReader } from "../issue/IssueReader.ts"
import { AssignedTexts } from "./AssignedTexts.ts"
import { IssueObserver } from "./IssueObserver.ts"
import { ReadyTasks } from "./ReadyTasks.ts"
import { Tasks } from "./Tasks.ts"

/** The durable tasks, and what brings them in line with their issues. */
export const TaskServices = IssueObserver.layer.pipe(
  Layer.provideMerge(Layer.mergeAll(Tasks.layer, ReadyTasks.layer, AssignedTexts.layer, IssueReader.layer))
)
