import { Array, Context, Effect } from "effect"
import { Headers, HttpTraceContext } from "effect/http"

/** Whether a collector is sent traces, metrics and logs. Where there is none, no link between spans is worth keeping. */
export const Exporting = Context.Reference<boolean>("mosaic-coordinator/telemetry/Tracing/Exporting", {
  defaultValue: () => false
})

/** The current span as the header `traceparent` has it, to be kept with what follows from it; null where there is nothing to keep. */
export const traceparent: Effect.Effect<string | null> = Effect.flatMap(Exporting, (exporting) =>
  exporting
    ? Effect.match(Effect.currentSpan, {
        onFailure: () => null,
        onSuccess: (span) => HttpTraceContext.toHeaders(span)["traceparent"] ?? null
      })
    : Effect.succeed(null)
)

/** A span that goes on from the first one that was kept, by this process or one before it, and is linked to the others. */
export const resumedSpan = (name: string, task: string, kept: ReadonlyArray<string | null | undefined>) => {
  const spans = Array.getSomes(kept.map((it) => HttpTraceContext.w3c(Headers.fromInput({ traceparent: it ?? "" }))))
  return Effect.withSpan(name, {
    parent: spans[0],
    links: spans.slice(1).map((span) => ({ span, attributes: {} })),
    attributes: { task }
  })
}
