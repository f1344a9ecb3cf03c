import { Effect } from "effect"
import type { IssueChange } from "../../src/domain/IssueChange.ts"
import type { IssueRef } from "../../src/domain/IssueRef.ts"
import type { GiteaError } from "../../src/gitea/GiteaError.ts"
import type { Look } from "../../src/issue/IssueReader.ts"
import { mocks } from "./Mocks.ts"

/** Observations that see what `look` says, of issues without a task. */
export const observing = (look: (ref: IssueRef) => Effect.Effect<Look, GiteaError>) =>
  mocks.IssueObserver({
    observe: <E = never>(ref: IssueRef, settle: (change: IssueChange) => Effect.Effect<void, E> = () => Effect.void) =>
      Effect.tap(
        Effect.map(look(ref), (seen) => ({ ...seen, before: null, after: null })),
        settle
      )
  })
