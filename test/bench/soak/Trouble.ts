import { Effect, Random, Ref } from "effect"
import { SandboxClaude } from "../../../src/sandbox/claude/SandboxClaude.ts"
import type { ClaudeFault } from "../../../src/sandbox/claude/Fault.ts"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"
import type { GiteaFault } from "../../../src/sandbox/gitea/Faults.ts"
import { Run } from "./Run.ts"

/** Of ten hooks one is lost, one comes twice, and one comes late. */
const LINE = { drop: 0.1, duplicate: 0.1, reorder: 0.1 }
const MOST_AT_ONCE = 3
const CALLS_PER_FAULT = 10
/** Milliseconds between two faults, at most. */
const LONGEST_PEACE = 4_000

const READS = /^GET /
const COMMENTS = /^POST .*\/comments$/
const EDITS = /^PATCH /
/** What is missing in it is not taken for gone. */
const LISTS = /^GET .*\/search$/
const OUT_OF_SCOPE =
  "token does not have at least one of required scope(s), required=[write:issue], token scope=read:issue"
/** One of so many strikes is about compactions, and one makes all signatures of thinking invalid. */
const RARE = 20

/** What passes by itself, refusals too. What a person has to mend parks tasks, so that they would not complete. */
const giteaFaults: ReadonlyArray<GiteaFault & { readonly match: RegExp }> = [
  { match: READS, kind: "status", status: 500 },
  { match: READS, kind: "status", status: 502, body: "<html>Bad gateway</html>" },
  { match: READS, kind: "status", status: 200, body: "<html>Sign in</html>" },
  { match: READS, kind: "status", status: 429, headers: { "retry-after": "1" } },
  { match: READS, kind: "reset" },
  { match: READS, kind: "hang" },
  { match: READS, kind: "doneThenCut" },
  { match: READS, kind: "status", status: 401 },
  { match: LISTS, kind: "status", status: 200, body: "[null]" },
  { match: LISTS, kind: "status", status: 200, body: "[7, {}]" },
  { match: COMMENTS, kind: "status", status: 500 },
  { match: COMMENTS, kind: "reset" },
  { match: COMMENTS, kind: "status", status: 403 },
  { match: COMMENTS, kind: "status", status: 403, body: OUT_OF_SCOPE },
  { match: COMMENTS, kind: "doneThenCut" },
  { match: COMMENTS, kind: "doneThenStatus", status: 500 },
  { match: COMMENTS, kind: "doneThenHang" },
  { match: EDITS, kind: "doneThenStatus", status: 500 },
  { match: EDITS, kind: "reset" }
]

const claudeFaults: ReadonlyArray<ClaudeFault> = [
  { kind: "status", status: 409 },
  { kind: "status", status: 429, type: "rate_limit_error", headers: { "retry-after": "1" } },
  { kind: "status", status: 500, type: "api_error" },
  { kind: "status", status: 529, type: "overloaded_error" },
  { kind: "html", status: 502 },
  { kind: "html", status: 200 },
  { kind: "malformed" },
  { kind: "reset" },
  { kind: "drop" },
  { kind: "eof" },
  { kind: "sseError" },
  { kind: "sseGarbage" },
  { kind: "stall" }
]

/** Lets a fault through only for every so many calls: planned ones would pile up while the other side is hardly called. */
const makeMeasure = (calls: Effect.Effect<number>) =>
  Effect.map(Ref.make(0), (last) =>
    Effect.fnUntraced(function* (times: number, strike: Effect.Effect<void>) {
      const now = yield* calls
      if (now - (yield* Ref.get(last)) < times * CALLS_PER_FAULT) return
      yield* Ref.set(last, now)
      yield* strike
    })
  )

/** Both APIs fail by chance, and hooks go astray. Goes on until it is interrupted; then what comes is delivered as it should be. */
export const trouble = Effect.gen(function* () {
  const { seed } = yield* Run
  const gitea = yield* SandboxGitea
  const claude = yield* SandboxClaude
  const ofClaude = yield* makeMeasure(Effect.map(claude.requests, ({ length }) => length))
  const ofGitea = yield* makeMeasure(Effect.map(gitea.requests, ({ length }) => length))
  const strike = Effect.gen(function* () {
    yield* Effect.sleep(yield* Random.nextIntBetween(1, LONGEST_PEACE))
    const times = yield* Random.nextIntBetween(1, MOST_AT_ONCE)
    const rare = yield* Random.nextIntBetween(1, RARE)
    if (rare === 1) return yield* claude.forgetThinking
    if (rare === 2) return yield* claude.fail("compact", { kind: "emptyCompaction", stopReason: "max_tokens" })
    if (yield* Random.nextBoolean) {
      return yield* ofClaude(times, claude.fail("messages", yield* Random.choice(claudeFaults), times))
    }
    return yield* ofGitea(times, gitea.fail({ ...(yield* Random.choice(giteaFaults)), times }))
  })
  yield* gitea.disturb({ ...LINE, seed: yield* Random.nextInt })
  return yield* strike.pipe(Effect.forever, Effect.ensuring(gitea.disturb(null)), Random.withSeed(`${seed} trouble`))
})
