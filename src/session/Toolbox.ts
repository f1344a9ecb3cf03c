import { Context, Effect, Layer, Schema } from "effect"
import { COMMENTS_PER_PAGE, FinishInput, ProgressInput, ReadCommentsInput } from "../domain/AgentTool.ts"
import type { ToolResult } from "../domain/AgentTool.ts"
import { estimateTokens } from "../domain/ContextUsage.ts"
import { commentsWithin } from "../domain/Prompt.ts"
import type { ToolUse } from "../domain/Reply.ts"
import type { TaskId } from "../domain/Task.ts"
import type { ToolDefinition } from "../tool/ToolHost.ts"
import { IssueReader } from "../issue/IssueReader.ts"

/** The session's limit in tokens, and the results of the same reply so far. */
export interface ResultRoom {
  readonly limit: number
  readonly before: ReadonlyArray<string>
}

/** Share of the context limit that the results of one reply may take together, as estimated. */
export const RESULT_SHARE = 0.6

/**
 * The tools a session has. A call never fails: what went wrong is the result, and the model may try again. Tools that touch a
 * repository come through this same port.
 */
export class Toolbox extends Context.Service<
  Toolbox,
  {
    /** The definitions as the Messages API wants them, rendered once: JSON text of an array. */
    readonly definitions: string
    /** The same, with tools that another port runs. */
    definitionsWith(more: ReadonlyArray<ToolDefinition>): Effect.Effect<string>
    /** Whether the tool is one that every session has. */
    has(name: string): boolean
    /** The result is kept within the room that its reply has, so that one long comment cannot fill the session. */
    run(task: TaskId, use: ToolUse, room: ResultRoom): Effect.Effect<ToolResult>
  }
>()("mosaic-coordinator/session/Toolbox") {
  static readonly layer = Layer.effect(
    Toolbox,
    Effect.gen(function* () {
      const tools = toolsOf(yield* IssueReader)

      const run = Effect.fn("Toolbox.run")((task: TaskId, use: ToolUse, { before, limit }: ResultRoom) => {
        const taken = before.reduce((all, text) => all + estimateTokens(text), 0)
        const found = Object.hasOwn(tools, use.name) ? tools[use.name] : undefined
        return found === undefined
          ? Effect.succeed(failed(`There is no tool \`${use.name}\`.`))
          : found.run(task, use.input, Math.max(0, Math.floor(limit * RESULT_SHARE) - taken))
      })

      const definitions = Object.entries(tools).map(([name, { description, schema }]) => ({
        name,
        description,
        input_schema: schema
      }))
      const definitionsWith = (more: ReadonlyArray<ToolDefinition>) =>
        Effect.orDie(encodeJson([...definitions, ...more]))
      return {
        definitions: yield* definitionsWith([]),
        definitionsWith,
        has: (name: string) => Object.hasOwn(tools, name),
        run
      }
    })
  )
}

const ok = (text: string): ToolResult => ({ text, isError: false })
const failed = (text: string): ToolResult => ({ text, isError: true })

const encodeJson = Schema.encodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))

interface Tool {
  readonly description: string
  readonly schema: unknown
  run(task: TaskId, input: unknown, room: number): Effect.Effect<ToolResult>
}

const tool = <A>(
  description: string,
  input: Schema.Codec<A, unknown>,
  run: (task: TaskId, input: A, room: number) => Effect.Effect<ToolResult>
): Tool => ({
  description,
  schema: Schema.toJsonSchemaDocument(input).schema,
  run: (task, given, room) =>
    Schema.decodeUnknownEffect(input)(given).pipe(
      Effect.flatMap((decoded) => run(task, decoded, room)),
      Effect.catchTag("SchemaError", (error) => Effect.succeed(failed(`Invalid input: ${error.message}`)))
    )
})

const toolsOf = (issues: IssueReader["Service"]): Readonly<Record<string, Tool>> => {
  const readComments = Effect.fnUntraced(function* (
    task: TaskId,
    { page }: typeof ReadCommentsInput.Type,
    room: number
  ) {
    const { comments, from } = yield* issues.thread(task)
    const pages = Math.max(1, Math.ceil(comments.length / COMMENTS_PER_PAGE))
    const shown = commentsWithin(comments.slice((page - 1) * COMMENTS_PER_PAGE, page * COMMENTS_PER_PAGE), from, room)
    const end = page >= pages ? ["no more comments"] : []
    return [`page ${page} of ${pages}`, ...shown, ...end].join("\n\n")
  })

  return {
    read_comments: tool(
      `Reads the comments of the issue, oldest first, ${COMMENTS_PER_PAGE} a page. Pages begin at 1.`,
      ReadCommentsInput,
      (task, input, room) =>
        readComments(task, input, room).pipe(
          Effect.map(ok),
          Effect.catch((error) => Effect.succeed(failed(`The comments cannot be read now: ${error.message}`)))
        )
    ),
    progress: tool(
      "Notes what is done and what is next, shown on the issue and kept when the conversation has to start afresh.",
      ProgressInput,
      () => Effect.succeed(ok("noted"))
    ),
    finish: tool(
      "Ends the work with the answer for the issue, in Markdown. Status `blocked` when only a person can go on.",
      FinishInput,
      () => Effect.succeed(ok("finished"))
    )
  }
}
