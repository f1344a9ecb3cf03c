import { Schema } from "effect"
import { Issue } from "../domain/Issue.ts"
import { User } from "../domain/User.ts"
import { decoded, objectBy, read, unreadable } from "./Answer.ts"
import type { Answer, JsonObject, Reading } from "./Answer.ts"

const isUser = Schema.is(Schema.toEncoded(User))
const isLabel = Schema.is(Schema.Struct({ name: Schema.String }))
const isString = Schema.is(Schema.String)

const elementsOf = (list: unknown): ReadonlyArray<unknown> => (Array.isArray(list) ? list : [])

/** The list without what is not wanted of it; what is no list stays as it is, for the schema to judge. */
const only = (list: unknown, isWanted: (element: unknown) => boolean): unknown =>
  Array.isArray(list) ? list.filter(isWanted) : list

/** The field if it is wanted: a time is a help and no condition. */
const field = (json: JsonObject, key: string, isWanted: (value: unknown) => boolean): JsonObject =>
  Object.hasOwn(json, key) && isWanted(json[key]) ? { [key]: json[key] } : {}

/**
 * An issue. Labels that cannot be read are left out, and so are nulls among its people. Somebody who cannot be read may be the bot:
 * leaving that one out would take the issue from it, so who is assigned is not known then.
 */
const issueIn = (json: JsonObject): Reading<Issue> => {
  const labels = only(json["labels"], isLabel)
  const assignees = only(json["assignees"], (one) => one !== null)
  if (!elementsOf(assignees).every(isUser)) return unreadable("assignees")
  const { created_at: _created, updated_at: _updated, ...rest } = json
  const times = { ...field(json, "created_at", isString), ...field(json, "updated_at", isString) }
  const reading = decoded(Issue)({ ...rest, ...times, labels: labels ?? null, assignees: assignees ?? null })
  if (reading._tag !== "Read") return reading
  const given = elementsOf(json["labels"]).length + elementsOf(json["assignees"]).length
  return read(reading.value, given - reading.value.labels.length - reading.value.assignees.length)
}

export const issueAnswer: Answer<Issue> = objectBy(issueIn)
