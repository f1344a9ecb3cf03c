/** A place in a JSON text: "assignees.0.id". */
export type Path = ReadonlyArray<string>

export const DAMAGES = ["missing", "null", "another type"] as const
export type Damage = (typeof DAMAGES)[number]

const isList = (json: unknown): json is ReadonlyArray<unknown> => Array.isArray(json)
const isObject = (json: unknown): json is Readonly<Record<string, unknown>> =>
  typeof json === "object" && json !== null && !isList(json)

/** Something that no field has in its place. */
const foreign = (json: unknown): unknown => (typeof json === "string" ? { text: json } : "another type")

/** The JSON with what stands at the path damaged. An element of a list has to be somewhere, so it is null where it would be missing. */
export const damaged = (json: unknown, [key, ...rest]: Path, damage: Damage): unknown => {
  if (key === undefined) return damage === "another type" ? foreign(json) : null
  if (isList(json)) return json.map((one, index) => (String(index) === key ? damaged(one, rest, damage) : one))
  if (!isObject(json)) return json
  const { [key]: at, ...others } = json
  return rest.length === 0 && damage === "missing" ? others : { ...others, [key]: damaged(at, rest, damage) }
}

/** Every place in it: those under a place that is not `wanted` are not gone into. */
export const placesIn = (json: unknown, wanted: (path: Path) => boolean, at: Path = []): ReadonlyArray<Path> => {
  const keys = isList(json) ? [...json.keys()].map(String) : isObject(json) ? Object.keys(json) : []
  return keys.flatMap((key) => {
    const path = [...at, key]
    const value = isList(json) ? json[Number(key)] : isObject(json) ? json[key] : undefined
    return [path, ...(wanted(path) ? placesIn(value, wanted, path) : [])]
  })
}
