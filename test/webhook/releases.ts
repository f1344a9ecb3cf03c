import { Record, Schema } from "effect"

type Fields = Readonly<Record<string, unknown>>

const Text = Schema.fromJsonString(Schema.Unknown, { space: 2 })
const decode = Schema.decodeUnknownSync(Text)
const encode = Schema.encodeSync(Text)
const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null

/** Every object of a JSON text rewritten, the innermost first, each with the key it stands under. */
const rewrite =
  (change: (fields: Fields, key: string) => Fields) =>
  (text: string): string => {
    const walk = (value: unknown, key: string): unknown => {
      if (Array.isArray(value)) return value.map((item) => walk(item, key))
      return isObject(value) ? change(Record.map(value, walk), key) : value
    }
    return encode(walk(decode(text), ""))
  }

const without = (fields: Fields, ...names: ReadonlyArray<string>): Fields =>
  Record.filter(fields, (_, name) => !names.includes(name))

/** The issue has a short form of its repository as well. */
const isWholeRepository = (fields: Fields) => "clone_url" in fields
const isUser = (fields: Fields) => "avatar_url" in fields && "login" in fields

const older = (fields: Fields, key: string): Fields => {
  if (key === "issue") return without(fields, "time_estimate")
  if (key === "changes") return without(fields, "added_labels", "removed_labels")
  if (!isWholeRepository(fields)) return fields
  return {
    ...without(fields, "has_code", "allow_manual_merge", "autodetect_manual_merge"),
    parent: null,
    repo_transfer: null
  }
}

const forgejo = (fields: Fields, key: string): Fields => {
  if (isUser(fields)) return { ...fields, pronouns: "" }
  if (!isWholeRepository(fields)) return older(fields, key)
  return {
    ...without(older(fields, key), "projects_mode", "licenses"),
    globally_editable_wiki: false,
    wiki_branch: "main",
    default_update_style: "merge"
  }
}

const newer = (fields: Fields, key: string): Fields => {
  if (key === "issue") return { ...fields, content_version: 3 }
  return isWholeRepository(fields) ? { ...fields, branch_count: 4, default_target_branch: "" } : fields
}

/** From a payload of Gitea 1.25 to what the same event looks like elsewhere (facts of the releases' sources). */
export const releases: Readonly<Record<string, (text: string) => string>> = {
  "Gitea 1.24": rewrite(older),
  "Gitea 1.25": (text) => text,
  "Gitea's main branch": rewrite(newer),
  Forgejo: rewrite(forgejo),
  "a release that adds a field to everything": rewrite((fields) => ({ ...fields, later: { deep: [{ id: "x" }] } }))
}
