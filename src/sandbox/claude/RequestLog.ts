import { Effect, Ref } from "effect"
import type { Operation } from "./Fault.ts"
import type { MessagesRequest } from "./MessagesRequest.ts"

/** One request, and what became of it. */
export interface RecordedRequest {
  readonly operation: Operation
  readonly model: string
  /** Null where there is none, or where it could not be read. */
  readonly body: MessagesRequest | null
  readonly betas: ReadonlyArray<string>
  /** 0 until an answer begins, and for good where none did. */
  readonly status: number
  /** Whether the client went away before its answer was complete. */
  readonly aborted: boolean
}

/** Every request that came, oldest first. */
export interface RequestLog {
  readonly all: Effect.Effect<ReadonlyArray<RecordedRequest>>
  /** Adds a request and returns its place. */
  open(request: Pick<RecordedRequest, "operation" | "model" | "body" | "betas">): Effect.Effect<number>
  answered(place: number, status: number): Effect.Effect<void>
  aborted(place: number): Effect.Effect<void>
}

/** An empty log. */
export const makeRequestLog: Effect.Effect<RequestLog> = Effect.gen(function* () {
  const log = yield* Ref.make<ReadonlyArray<RecordedRequest>>([])
  const change = (place: number, fields: Partial<RecordedRequest>) =>
    Ref.update(log, (all) => all.map((request, index) => (index === place ? { ...request, ...fields } : request)))
  return {
    all: Ref.get(log),
    open: (request) => Ref.modify(log, (all) => [all.length, [...all, { ...request, status: 0, aborted: false }]]),
    answered: (place, status) => change(place, { status }),
    aborted: (place) => change(place, { aborted: true })
  }
})
