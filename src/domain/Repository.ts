import { Schema } from "effect"

/** `owner/name`. Narrow on purpose: it becomes part of a URL path. */
export const FullName = Schema.String.check(
  Schema.isPattern(/^(?!\.{1,2}\/)[A-Za-z0-9._-]{1,100}\/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/)
).pipe(Schema.brand("FullName"))
export type FullName = typeof FullName.Type

/** State is keyed by `id`, because a rename or a transfer changes the name only. */
export const Repository = Schema.Struct({ id: Schema.Natural, fullName: FullName }).pipe(
  Schema.encodeKeys({ fullName: "full_name" })
)
export type Repository = typeof Repository.Type

const globToRegExp = (glob: string): RegExp =>
  new RegExp(
    `^${glob
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", "[^/]*")
      .replaceAll("?", "[^/]")}$`,
    "i"
  )

/** Whether `owner/name` globs (`*`, `?`, letter case ignored) let a repository ask for work. No globs: all may. */
export const isAllowed = (globs: ReadonlyArray<string>, fullName: string): boolean =>
  globs.length === 0 || globs.some((glob) => globToRegExp(glob).test(fullName))
