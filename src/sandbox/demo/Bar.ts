const WIDTH = 30

/** A session's context as a bar with the two thresholds marked, for instance `[#######····|····]  23.4 %  1,873 / 8,000`. */
export const bar = (used: number, limit: number, thresholds: ReadonlyArray<number>): string => {
  const filled = Math.min(WIDTH, Math.round((used / limit) * WIDTH))
  const marks = new Set(thresholds.map((share) => Math.floor(share * WIDTH)))
  const cells = Array.from({ length: WIDTH }, (_, cell) => {
    if (cell < filled) return "#"
    return marks.has(cell) ? "|" : "."
  })
  const percent = ((used / limit) * 100).toFixed(1).padStart(5)
  return `[${cells.join("")}] ${percent} %  ${used.toLocaleString("en")} / ${limit.toLocaleString("en")} tokens`
}
