/** What a call asks for; `compact` is a `POST /v1/messages` with `compaction`. */
export type Operation = "messages" | "compact" | "count_tokens" | "models"
