import { DateTime, Option, Schema } from "effect"
import { WEBHOOK_PATH } from "../domain/Delivery.ts"
import type { HookState } from "../domain/Gap.ts"

/** A hook of a repository as Gitea lists it, to its administrators only. `events` are the fine names. */
export const Hook = Schema.Struct({
  active: Schema.Boolean,
  config: Schema.Struct({ url: Schema.String.pipe(Schema.optionalKey) }),
  events: Schema.Array(Schema.String),
  /** When it was made, if that can be read. */
  createdAt: Schema.Unknown.pipe(Schema.optionalKey)
}).pipe(Schema.encodeKeys({ createdAt: "created_at" }))
export type Hook = typeof Hook.Type

/** Milliseconds; null for what is no time. */
const timeOf = (text: unknown): number | null =>
  typeof text === "string" ? Option.getOrNull(Option.map(DateTime.make(text), DateTime.toEpochMillis)) : null

/** Ours are known by their path: the coordinator cannot know under which host Gitea reaches it. */
const isOurs = (url: string): boolean => url.replace(/\/$/, "").endsWith(WEBHOOK_PATH)

/**
 * The best of the hooks that point at a coordinator and were there at a time (milliseconds); null: whenever. When one was changed
 * Gitea does not tell: its `updated_at` is that of the last delivery.
 */
export const hookStateOf = (hooks: ReadonlyArray<Hook>, at: number | null): HookState => {
  const all = hooks.filter(({ config }) => isOurs(config.url ?? ""))
  if (all.length === 0) return "missing"
  const ours = all.filter(({ createdAt }) => (timeOf(createdAt) ?? 0) <= (at ?? Infinity))
  if (ours.length === 0) return "younger"
  const active = ours.filter((hook) => hook.active)
  if (active.length === 0) return "inactive"
  return active.some(({ events }) => events.includes("issue_assign")) ? "active" : "unsubscribed"
}
