import { Effect } from "effect"
import { issueName } from "../../../src/sandbox/claude/Conversation.ts"
import { developerAgent } from "../../../src/sandbox/claude/DeveloperAgent.ts"
import { oddly } from "../../../src/sandbox/claude/OddReplies.ts"
import { readerAgent } from "../../../src/sandbox/claude/ReaderAgent.ts"
import { SandboxClaude } from "../../../src/sandbox/claude/SandboxClaude.ts"
import type { Policy } from "../../../src/sandbox/claude/Script.ts"
import { SandboxGitea } from "../../../src/sandbox/gitea/SandboxGitea.ts"

/** A character that the database of the stand-in does not take, as MySQL without utf8mb4 does not. */
export const UNSTORABLE = "\u{1F40C}"
/** Of so many issues one is answered oddly, and of twice as many one is work on the code. */
const ONE_OF = 3

const numberOf = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? 0)

/** By the number of its issue, so that a conversation stays what it is. */
const policy: Policy = (request) => {
  const number = numberOf(issueName(request))
  if (number % ONE_OF === 0) return oddly(readerAgent)(request)
  return number % (2 * ONE_OF) === 1 ? developerAgent(request) : readerAgent(request)
}

/** What both sides do from the beginning on that they could spare a client, and that ends no work. */
export const oddities = Effect.gen(function* () {
  const gitea = yield* SandboxGitea
  const claude = yield* SandboxClaude
  yield* gitea.behave({ odd: true, refusesText: new RegExp(UNSTORABLE, "u") })
  yield* claude.respond(policy)
})
