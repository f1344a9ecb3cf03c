import { Schema } from "effect"

/** The first line of a host. */
export const Ready = Schema.fromJsonString(
  Schema.Struct({ ready: Schema.Literal(true), node: Schema.String, tools: Schema.Array(Schema.String) })
)

/** One call, and its answer. The id is ours alone: what comes back is matched, never trusted. */
export const Request = Schema.fromJsonString(
  Schema.Struct({
    id: Schema.Int,
    tool: Schema.String,
    input: Schema.Unknown,
    limits: Schema.Struct({ millis: Schema.Int, bytes: Schema.Int })
  })
)
export const Answer = Schema.fromJsonString(Schema.Struct({ id: Schema.Int, ok: Schema.Boolean, text: Schema.String }))

const Env = Schema.Record(Schema.String, Schema.String)

/** What a connection to the tools container is for: its first line. */
export const Opening = Schema.fromJsonString(
  Schema.Union([
    Schema.Struct({ kind: Schema.Literal("host"), cwd: Schema.String, env: Env }),
    Schema.Struct({
      kind: Schema.Literal("run"),
      cwd: Schema.String,
      env: Env,
      argv: Schema.Array(Schema.String),
      proxy: Schema.NullOr(Schema.String),
      stdin: Schema.Uint8ArrayFromBase64,
      millis: Schema.Finite,
      bytes: Schema.Int,
      over: Schema.Literals(["end", "keep last"])
    })
  ])
)

/** How a command ended: the last line of its connection. */
export const RunEnd = Schema.Struct({
  end: Schema.Literals(["exit", "time limit", "overflow"]),
  exitCode: Schema.NullOr(Schema.Int),
  stderr: Schema.String
})

/** A line of a connection that is for one command: some of its output, or the end. */
export const RunLine = Schema.fromJsonString(
  Schema.Union([Schema.Struct({ out: Schema.Uint8ArrayFromBase64 }), RunEnd])
)
