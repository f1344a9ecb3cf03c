import { Schema } from "effect"
import { WEBHOOK_PATH } from "../domain/Delivery.ts"
import type { HookState } from "../domain/Gap.ts"

/** A hook of a repository as Gitea lists it, to its administrators only. `events` are the fine names. */
export const Hook = Schema.Struct({
  active: Schema.Boolean,
  config: Schema.Struct({ url: Schema.String.pipe(Schema.optionalKey) }),
  events: Schema.Array(Schema.String)
})
export type Hook = typeof Hook.Type

/** Ours are known by their path: the coordinator cannot know under which host Gitea reaches it. */
const isOurs = (url: string): boolean => url.replace(/\/$/, "").endsWith(WEBHOOK_PATH)

/** The best of the hooks that point at a coordinator. */
export const hookStateOf = (hooks: ReadonlyArray<Hook>): HookState => {
  const ours = hooks.filter(({ config }) => isOurs(config.url ?? ""))
  if (ours.length === 0) return "missing"
  const active = ours.filter((hook) => hook.active)
  if (active.length === 0) return "inactive"
  return active.some(({ events }) => events.includes("issue_assign")) ? "active" : "unsubscribed"
}
