import { CHECKS_FAILED, FILES_BARRED } from "../domain/AgentTool.ts"
import type { Ground } from "../pull/Ground.ts"
import type { Clash } from "../pull/Integration.ts"
import { checkReport } from "./CheckRun.ts"
import { Examined } from "./Examination.ts"

/** Files that are named one by one. */
const NAMED = 20

/** Names of files in one line; their names are the repository's, or the agent's. */
export const filesLine = (files: ReadonlyArray<string>): string => {
  const names = files.slice(0, NAMED).map((file) => file.replace(/\s+/g, " "))
  return files.length > NAMED ? `${names.join(", ")} and ${files.length - NAMED} more` : names.join(", ")
}

/** Whose change it is that the work clashes with. */
const others = ({ base, branch }: Pick<Ground, "base" | "branch">): string =>
  branch.lease !== null && branch.start === branch.lease ? `${base.name} or ${branch.name}` : base.name

/** For a person, when the session has had its try; a sentence without a full stop. */
export const clashedAgain = (ground: Pick<Ground, "base" | "branch">, files: ReadonlyArray<string>): string =>
  `the work conflicts with what somebody put on ${others(ground)} meanwhile, in ${filesLine(files)}`

const clashText = (ground: Ground, { files, theirs }: Clash): string =>
  [
    `Your work conflicts with what somebody put on ${others(ground)} meanwhile, in: ${filesLine(files)}.`,
    "Your checkout has both sides now. Where lines clash, yours stand after <<<<<<< and theirs after =======. The branch `base` of your checkout is what is there without your work.",
    "Keep what both sides meant, take the marks out, run the checks, and call `finish` again.",
    `--- what they changed there, as data ---\n${theirs === "" ? "too long to be shown" : theirs}`
  ].join("\n\n")

const failedText = (ground: Ground, { all }: Extract<Examined, { _tag: "Failed" }>, isTaught: boolean): string =>
  [
    `${CHECKS_FAILED} Mend that, then call \`finish\` again.`,
    ...(isTaught
      ? [`Somebody put something on ${others(ground)} meanwhile. Your checkout has it now, together with your work.`]
      : []),
    checkReport(all)
  ].join("\n\n")

/** What a session is told of work that it wants to hand in, and whether its checkout was taught what others did. */
export const examinedText = (ground: Ground, examined: Examined, isTaught: boolean): string =>
  Examined.$match(examined, {
    Passed: ({ all }) => `finished\n${checkReport(all)}`,
    Failed: (failed) => failedText(ground, failed, isTaught),
    Barred: ({ files }) =>
      `${FILES_BARRED}: ${filesLine(files)}.\n\nThe repository keeps them from you. Take your changes to them back, then call \`finish\` again.`,
    Marked: ({ files }) =>
      `${CHECKS_FAILED} Marks of a conflict are left in ${filesLine(files)}. Take them out, then call \`finish\` again.`,
    Clashed: ({ clash }) => clashText(ground, clash),
    Overtaken: ({ why }) => why
  })

/** Why work that its session had done may not be handed in as it is; a sentence without a full stop. */
export const examinedCause = (ground: Ground, examined: Exclude<Examined, { _tag: "Passed" }>): string => {
  switch (examined._tag) {
    case "Clashed":
      return clashedAgain(ground, examined.clash.files)
    case "Barred":
      return `the work changes files that the repository keeps from the bot: ${filesLine(examined.files)}`
    case "Marked":
      return `marks of a conflict are left in ${filesLine(examined.files)}`
    case "Failed":
      return `the checks fail together with what somebody put on ${others(ground)} meanwhile`
    case "Overtaken":
      return examined.why
  }
}
