import { Context, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { ModelClient } from "../anthropic/ModelClient.ts"
import type { ModelError } from "../anthropic/ModelError.ts"
import { BRIEFING_SHARE, renderBriefing } from "../domain/Briefing.ts"
import type { Briefing } from "../domain/Briefing.ts"
import { estimateTokens } from "../domain/ContextUsage.ts"
import { handoverOf, renderHandover } from "../domain/Handover.ts"
import type { Issue } from "../domain/Issue.ts"
import { FIRST_PROMPT_SHARE, firstPrompt, SYSTEM_PROMPT, WORK_PROMPT } from "../domain/Prompt.ts"
import type { Reading } from "../domain/Reading.ts"
import { SessionId } from "../domain/Session.ts"
import type { Session } from "../domain/Session.ts"
import type { GiteaError } from "../gitea/GiteaError.ts"
import { Settings } from "../Settings.ts"
import type { StoreUnavailable } from "../storage/StoreUnavailable.ts"
import type { Claim, LeaseLost } from "../task/Lease.ts"
import { Fitting } from "./Fitting.ts"
import { makeIssueTexts } from "./IssueTexts.ts"
import { Journal } from "./Journal.ts"
import type { Workplace } from "./Workplace.ts"
import { Toolbox } from "./Toolbox.ts"

/** How sessions begin: what is frozen for their life, and the first message. */
export class SessionOpening extends Context.Service<
  SessionOpening,
  {
    /** A new session of the task, after `predecessor` where there is one, stored. The window comes from the models endpoint. */
    open(
      claim: Claim,
      predecessor: Session | null,
      workplace?: Workplace | null
    ): Effect.Effect<Session, LeaseLost | StoreUnavailable | ModelError>
    /**
     * The first message: the issue and its comments, the handover of the predecessor, and what is told of the checkout. With what is
     * read of the issue by it.
     */
    prompt(
      claim: Claim,
      session: Session,
      issue: Issue,
      briefing?: Briefing | null
    ): Effect.Effect<{ readonly text: string; readonly reading: Reading }, GiteaError | StoreUnavailable>
  }
>()("mosaic-coordinator/session/SessionOpening") {
  static readonly layer = Layer.effect(
    SessionOpening,
    Effect.gen(function* () {
      const { model, contextLimit } = yield* Settings
      const client = yield* ModelClient
      const textsOf = yield* makeIssueTexts
      const journal = yield* Journal
      const toolbox = yield* Toolbox
      const { fit } = yield* Fitting
      const random = yield* SecureRandom.SecureRandom

      const open = Effect.fn("SessionOpening.open")(function* (
        claim: Claim,
        predecessor: Session | null,
        workplace: Workplace | null = null
      ) {
        const { window, canCompact } = yield* client.info(model)
        const session: Session = {
          id: SessionId.make(yield* random.uuidV7()),
          task: claim.task.id,
          generation: claim.task.generation,
          model,
          limit: Math.min(window, contextLimit ?? window),
          canCompact,
          state: "open",
          system: workplace === null ? SYSTEM_PROMPT : WORK_PROMPT,
          tools: yield* toolbox.definitionsWith(workplace?.definitions ?? []),
          predecessor: predecessor?.id ?? null
        }
        yield* journal.open(claim, session)
        yield* Effect.logInfo("Session opened").pipe(
          Effect.annotateLogs({ session: session.id, model, limit: session.limit, predecessor: session.predecessor })
        )
        return session
      })

      const prompt = Effect.fn("SessionOpening.prompt")(function* (
        { task }: Claim,
        session: Session,
        issue: Issue,
        briefing: Briefing | null = null
      ) {
        const { reading, text: given } = yield* textsOf(task, issue)
        const within = (render: (limit: number) => string) =>
          fit(session.model, session.limit * FIRST_PROMPT_SHARE, (tokens) => render(tokens / FIRST_PROMPT_SHARE))
        const { predecessor } = session
        const before = predecessor === null ? null : handoverOf(given, yield* journal.outline(predecessor))
        const text = yield* within((limit) =>
          withBriefing(briefing, limit, (rest) =>
            before === null ? firstPrompt(given, rest) : renderHandover(given, before, rest)
          )
        )
        return { text, reading }
      })

      return { open, prompt }
    })
  )
}

/** What the briefing leaves of the first prompt is for the issue. */
const withBriefing = (briefing: Briefing | null, limit: number, render: (limit: number) => string): string => {
  if (briefing === null) return render(limit)
  const told = renderBriefing(briefing, Math.floor(limit * FIRST_PROMPT_SHARE * BRIEFING_SHARE))
  const rest = limit - estimateTokens(`\n\n${told}`) / FIRST_PROMPT_SHARE
  return `${render(rest)}\n\n${told}`
}
