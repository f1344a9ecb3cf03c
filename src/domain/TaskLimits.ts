import { Duration } from "effect"
import type { Task } from "./Task.ts"

/** What one mandate may use before its task waits for a person. */
export const MAX_TURNS = 50
export const MAX_TOKENS = 2_000_000
/** Paid requests, whatever came of them. */
export const MAX_REQUESTS = 100
const MAX_ELAPSED = Duration.hours(2)
/** Rotations in a row without a finished turn between them. */
export const MAX_BARREN_ROTATIONS = 3
/** Paid requests in a row without a new journal entry, after which a session is left. */
export const MAX_TRIES = 5

/** The bound a task has reached, as a sentence, or null. Outages do not count: `elapsed` is time spent in replies. */
export const exhausted = (task: Pick<Task, "turns" | "tokens" | "elapsed" | "requests">): string | null => {
  if (task.turns >= MAX_TURNS) return `it used its ${MAX_TURNS} turns`
  if (task.tokens >= MAX_TOKENS) return `it used its ${MAX_TOKENS} tokens`
  if (task.requests >= MAX_REQUESTS) return `it used its ${MAX_REQUESTS} paid requests`
  if (task.elapsed >= Duration.toMillis(MAX_ELAPSED)) return `it ran for ${Duration.toHours(MAX_ELAPSED)} hours`
  return null
}

/** What it takes to see to one more thing, and to hand it in. */
const SPARE = { turns: 10, tokens: 200_000, requests: 20, elapsed: Duration.toMillis(Duration.minutes(15)) }

/** Whether a task has enough left to go on with work that could end here. */
export const canGoOn = ({ elapsed, requests, tokens, turns }: Parameters<typeof exhausted>[0]): boolean =>
  exhausted({
    turns: turns + SPARE.turns,
    tokens: tokens + SPARE.tokens,
    requests: requests + SPARE.requests,
    elapsed: elapsed + SPARE.elapsed
  }) === null
