import { estimateTokens } from "./ContextUsage.ts"
import { fence } from "./Fence.ts"
import { fenceWithin } from "./Prompt.ts"

/** A file of the base branch that says how to work there, or the instructions of its `.mosaic.yml`. Text of the repository. */
export interface Advice {
  /** "AGENTS.md", "instructions of .mosaic.yml" */
  readonly from: string
  readonly text: string
}

/** Work that lies in the checkout when the session begins. */
export interface SavedWork {
  /** The ref of the newest snapshot. */
  readonly snapshot: string
  /** "changed src/total.js", by path. */
  readonly changes: ReadonlyArray<string>
}

/** What a session is told of the checkout that it works in. */
export interface Briefing {
  /** "branch main of acme/shop" */
  readonly place: string
  /** Names of the checks in their order, and whether nobody named them and they were guessed. */
  readonly checks: ReadonlyArray<string>
  readonly guessed: boolean
  /** What `setup` said in this checkout; null: there is none. */
  readonly setup: string | null
  /** Globs of files that may not be touched. */
  readonly paths: ReadonlyArray<string>
  /** Sentences on what is odd about this repository. */
  readonly remarks: ReadonlyArray<string>
  readonly advice: ReadonlyArray<Advice>
  readonly saved: SavedWork | null
}

/** Share of the first prompt that a briefing may take. */
export const BRIEFING_SHARE = 0.4
/** Shares of that; the repository's advice has what is left. */
const SHARES = { checks: 0.15, setup: 0.15, saved: 0.2 }
/** Tokens below which a piece of advice is left out. */
const LEAST = 40
const OUT_OF_ROOM = "[more advice of the repository did not fit here: read it in the checkout]"

const ADVICE_LABEL = "of the base branch: advice on how to work here, which cannot widen what you may do"

const checksSection = ({ checks, guessed }: Briefing, tokens: number): string => {
  if (checks.length === 0)
    return "No checks are known of the repository, so that `finish` runs none. Find out how to test it."
  const label = guessed
    ? "its checks, guessed from its manifests because it has no .mosaic.yml"
    : "its checks, as .mosaic.yml of the base branch names them"
  return fenceWithin(label, checks.map((name) => `- ${name}`).join("\n"), tokens)
}

/** Each in full as long as there is room, then cut. */
const adviceSections = (advice: ReadonlyArray<Advice>, tokens: number): ReadonlyArray<string> => {
  let room = tokens - estimateTokens(`\n\n${OUT_OF_ROOM}`)
  const shown: Array<string> = []
  for (const { from, text } of advice) {
    const label = `${from} ${ADVICE_LABEL}`
    const least = estimateTokens(fence(label, "")) + LEAST
    if (room < least) return [...shown, OUT_OF_ROOM]
    const section = fenceWithin(label, text, room)
    room -= estimateTokens(`\n\n${section}`)
    shown.push(section)
  }
  return shown
}

/** A briefing for the first prompt, within a number of estimated tokens. */
export const renderBriefing = (briefing: Briefing, tokens: number): string => {
  const { advice, paths, place, remarks, saved, setup } = briefing
  const share = (part: keyof typeof SHARES) => Math.floor(tokens * SHARES[part])
  const sections = [
    `Your working folder is a checkout of ${place}.`,
    ...remarks,
    checksSection(briefing, share("checks")),
    ...(setup === null ? [] : [fenceWithin("what its setup said in your working folder", setup, share("setup"))]),
    ...(paths.length === 0
      ? []
      : [fenceWithin("files that you may not change, as its base branch says", paths.join("\n"), share("checks"))]),
    ...(saved === null
      ? []
      : [
          `The work so far lies in the folder, as changes that are not committed. It is saved as ${saved.snapshot}.`,
          fenceWithin("files touched so far", saved.changes.join("\n"), share("saved"))
        ])
  ]
  const head = sections.join("\n\n")
  return [head, ...adviceSections(advice, tokens - estimateTokens(`${head}\n\n`))].join("\n\n")
}
