import type { Schema } from "effect"
import { toolResults, toolUses } from "./Conversation.ts"
import type { MessagesRequest } from "./MessagesRequest.ts"
import { readerAgent } from "./ReaderAgent.ts"
import type { Reply } from "./Reply.ts"

const TEST = "npm test 2>&1"
/** A source file that the output of a failing test names. */
const NAMED = /\b(?:file:\/\/)?[\w./-]*?(src\/[\w-]+\.js)\b/

const isFinish = ({ content }: Reply): boolean =>
  (content ?? []).some((block) => block.type === "tool_use" && block.name === "finish")

const say = (text: string) => ({ type: "text", text }) as const

const call = (text: string, name: string, input: Schema.JsonObject): Reply => ({
  content: [say(text), { type: "tool_use", name, input }]
})

/** The line of a numbered or plain listing that holds the sum which is rounded line by line. */
const roundingLine = (text: string): string | undefined =>
  text
    .split("\n")
    .map((line) => line.replace(/^\s*\d+\t/, ""))
    .find((line) => /Math\.(round|floor)\(/.test(line))

/** A first attempt that looks right and is not: it cuts where it ought to round. */
const cutting = (line: string): string =>
  line.replace(
    /(\w+)\.reduce\(\((\w+), (\w+)\) => \2 \+ Math\.round\((.+)\), 0\)/,
    "Math.floor($1.reduce(($2, $3) => $2 + $4, 0))"
  )

const rounding = (line: string): string => line.replace("Math.floor(", "Math.round(")

const SUMMARY = `The lines of an order were rounded one by one, so that the total could differ from the invoice by a cent.

The sum is rounded once now. Stored totals of old orders are not changed.`

/** The tools of a developer; what the comments of the issue said is another matter. */
const WORK: ReadonlyArray<string> = ["bash", "read", "edit", "finish"]

/**
 * Plays a developer with the tools of a checkout, who goes by what the tools answer: reads the comments, runs the failing
 * test, reads the source it names, mends it badly, hands that in, sees the check fail, looks again, mends it well and hands it in. Where it stands follows
 * from the request alone. Without the tool `bash` it reads the issue as `readerAgent` does.
 */
export const developerAgent = (request: MessagesRequest): Reply => {
  if (!(request.tools ?? []).some(({ name }) => name === "bash")) return readerAgent(request)
  const results = toolResults(request).filter(({ name }) => WORK.includes(name))
  const last = results.at(-1)
  const reading = readerAgent(request)
  if (last === undefined && !isFinish(reading)) return reading
  const path = results.map(({ text }) => NAMED.exec(text)?.[1]).findLast((found) => found !== undefined)
  const edits = toolUses(request).filter(({ name }) => name === "edit").length
  if (last === undefined) return call("I run the tests first, to see what fails.", "bash", { command: TEST })
  // The answer was not taken yet, because there was news.
  if (last.name === "finish" && !last.isError)
    return call("That is done.", "finish", { answer: SUMMARY, status: "done" })
  if (last.name === "edit" && !last.isError) {
    return edits === 1
      ? call("That should be it.", "finish", { answer: SUMMARY, status: "done" })
      : call("I check it before I say so.", "bash", { command: TEST })
  }
  if (last.name === "read" && path !== undefined) {
    const line = roundingLine(last.text)
    if (line === undefined) return call("I look at the folder.", "bash", { command: "ls -R src test" })
    const mended = line.includes("Math.floor(") ? rounding(line) : cutting(line)
    // It was mended already, by an edit that was interrupted.
    if (mended === line) return call("That is as it should be. I test it.", "bash", { command: TEST })
    return call("I round the sum once.", "edit", {
      file_path: path,
      old_string: line.trim(),
      new_string: mended.trim()
    })
  }
  const hasFailed = last.isError || /^# fail [1-9]/m.test(last.text)
  if (hasFailed && path !== undefined) return call("The failure names the source.", "read", { file_path: path })
  if (last.name === "bash" && !hasFailed) return call("All tests pass.", "finish", { answer: SUMMARY, status: "done" })
  return call("I find the source that is tested.", "bash", { command: "grep -rn 'from' test; ls src/*.js" })
}
