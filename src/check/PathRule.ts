const escaped = (text: string): string => text.replace(/[.+^${}()|[\]\\]/g, "\\$&")

/** Globs of one path: `**` is any number of folders, `*` and `?` stay within a name. */
const patternOf = (glob: string): RegExp => {
  const bare = glob.replace(/^\.?\//, "").replace(/\/+$/, "")
  const anywhere = bare.includes("/") || /^\.?\//.test(glob) ? "" : "(?:.*/)?"
  const body = bare
    .split(/(\*\*\/|\/\*\*$|\*\*|\*|\?)/)
    .map((part) => {
      if (part === "**/") return "(?:.*/)?"
      if (part === "/**") return "/.*"
      if (part === "**") return ".*"
      if (part === "*") return "[^/]*"
      return part === "?" ? "[^/]" : escaped(part)
    })
    .join("")
  return new RegExp(`^${anywhere}${body}(?:/.*)?$`, "s")
}

/**
 * Pure: those of the files that a glob names, itself or by a folder they are in. A glob without a slash names files and folders of that
 * name anywhere, as in a `.gitignore`; one that begins with a slash does so at the top.
 */
export const named = (globs: ReadonlyArray<string>, files: ReadonlyArray<string>): ReadonlyArray<string> => {
  const patterns = globs.map(patternOf)
  return files.filter((file) => patterns.some((pattern) => pattern.test(file)))
}
