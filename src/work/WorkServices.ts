import { Layer } from "effect"
import { Checks } from "../check/Checks.ts"
import { Preflight } from "../pull/Preflight.ts"
import { Submission } from "../pull/Submission.ts"
import { SessionRunner } from "../session/SessionRunner.ts"
import { ControlClones } from "../workspace/ControlClones.ts"
import { Snapshots } from "../workspace/Snapshots.ts"
import { Workspaces } from "../workspace/Workspaces.ts"
import { WorkGate } from "./WorkGate.ts"
import { Workplaces } from "./Workplaces.ts"

/** What the worker of a claimed task works with, from its place down to the control clones. */
export const WorkServices = Workplaces.layer.pipe(
  Layer.provideMerge(Layer.mergeAll(WorkGate.layer, SessionRunner.layer, Checks.layer)),
  Layer.provideMerge(Layer.mergeAll(Preflight.layer, Submission.layer, Workspaces.layer)),
  Layer.provideMerge(Snapshots.layer),
  Layer.provideMerge(ControlClones.layer)
)
