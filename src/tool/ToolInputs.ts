import { Schema } from "effect"
import type { ToolDefinition } from "./ToolHost.ts"

const text = (description: string) => Schema.String.annotate({ description })
const path = Schema.NonEmptyString.annotate({ description: "Relative to the workspace" })
const optional = <S extends Schema.Top>(schema: S) => Schema.optionalKey(schema)

/** The tools of the host with their inputs, as the toolset of the SDK takes them, and what our host makes of them. */
export const TOOLS = {
  bash: {
    description:
      "Run a bash command. The shell persists: working directory, variables and background jobs are there in the next call. There is " +
      "no network. After a time limit, or a command that ends the shell, the next command has a new shell in the same directory.",
    input: Schema.Struct({
      command: optional(text("The command to run")),
      restart: optional(Schema.Boolean.annotate({ description: "Begin with a new shell" })),
      timeout_ms: optional(Schema.Int.annotate({ description: "A shorter time limit; a longer one is cut" }))
    })
  },
  read: {
    description: "Read a text file. A large one has to be read in ranges.",
    input: Schema.Struct({
      file_path: path,
      view_range: optional(
        Schema.Array(Schema.Int).annotate({ description: "[first line, last line], from 1, both included" })
      )
    })
  },
  write: {
    description: "Write a text file, with the folders above it. A new file that begins with #! can be run.",
    input: Schema.Struct({ file_path: path, content: Schema.String })
  },
  edit: {
    description:
      "Replace old_string by new_string in a text file. It has to be there exactly once, unless replace_all.",
    input: Schema.Struct({
      file_path: path,
      old_string: Schema.NonEmptyString,
      new_string: Schema.String,
      replace_all: optional(Schema.Boolean)
    })
  },
  glob: {
    description: "Find files by a glob pattern, newest first.",
    input: Schema.Struct({ pattern: Schema.NonEmptyString, path: optional(path) })
  },
  grep: {
    description: "Search the contents of files by a regular expression.",
    input: Schema.Struct({ pattern: Schema.NonEmptyString, path: optional(path) })
  }
} as const

export const DEFINITIONS: ReadonlyArray<ToolDefinition> = Object.entries(TOOLS).map(
  ([name, { description, input }]) => ({
    name,
    description,
    input_schema: Schema.toJsonSchemaDocument(input).schema
  })
)
