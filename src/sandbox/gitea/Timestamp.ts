import { DateTime } from "effect"

/** RFC 3339 in UTC with whole seconds, as Gitea writes times: "2026-03-18T08:40:16Z". Sorts as text. */
export const timestamp = (instant: DateTime.DateTime): string => DateTime.formatIso(instant).replace(/\.\d+Z$/, "Z")
