import { Schema } from "effect"
import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "effect/http-api"
import { ContextAction } from "../../domain/ContextAction.ts"
import { UsageSource } from "../../domain/ContextUsage.ts"
import { SessionState } from "../../domain/Session.ts"
import { cursorOf, pageQuery } from "./Page.ts"
import { anywhere, NotFound } from "./Problems.ts"

const usage = {
  /** Tokens; null while it is unknown. */
  used: Schema.NullOr(Schema.Int),
  /** Tokens. */
  limit: Schema.Int,
  /** `used` of `limit`. */
  ratio: Schema.NullOr(Schema.Finite)
}

/** A session with its newest sample. */
export const Session = Schema.Struct({
  id: Schema.String,
  task: Schema.String,
  model: Schema.String,
  state: SessionState,
  ...usage,
  generation: Schema.Int,
  finishedTurns: Schema.Int,
  predecessor: Schema.NullOr(Schema.String),
  createdAt: Schema.DateTimeUtc,
  endedAt: Schema.NullOr(Schema.DateTimeUtc)
})
export type Session = typeof Session.Type

/** One look at a session's context. */
export const Sample = Schema.Struct({
  at: Schema.DateTimeUtc,
  ...usage,
  source: Schema.NullOr(UsageSource),
  by: Schema.Literals(["tick", "request"]),
  action: ContextAction
})
export type Sample = typeof Sample.Type

const LIST = "sessions"
const SAMPLES = "samples"

export const SessionPage = Schema.Struct({
  sessions: Schema.Array(Session),
  nextCursor: Schema.NullOr(cursorOf(LIST))
})
export type SessionPage = typeof SessionPage.Type

export const SamplePage = Schema.Struct({
  samples: Schema.Array(Sample),
  nextCursor: Schema.NullOr(cursorOf(SAMPLES))
})
export type SamplePage = typeof SamplePage.Type

const params = { id: Schema.String }

export class SessionsGroup extends HttpApiGroup.make("sessions")
  .add(
    HttpApiEndpoint.get("list", "/sessions", {
      query: pageQuery(LIST),
      success: SessionPage,
      error: anywhere
    }).annotateMerge(OpenApi.annotations({ summary: "Sessions, newest first" })),
    HttpApiEndpoint.get("find", "/sessions/:id", {
      params,
      success: Session,
      error: [...anywhere, NotFound]
    }).annotateMerge(OpenApi.annotations({ summary: "One session" })),
    HttpApiEndpoint.get("usage", "/sessions/:id/usage", {
      params,
      query: pageQuery(SAMPLES),
      success: SamplePage,
      error: [...anywhere, NotFound]
    }).annotateMerge(OpenApi.annotations({ summary: "Samples of a session's context, newest first" }))
  )
  .annotateMerge(OpenApi.annotations({ description: "Claude conversations, and how full their contexts were" })) {}
