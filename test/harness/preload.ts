import { Effect } from "effect"
import { disarm } from "../../src/outbox/Disarming.ts"

// What is loaded with the first answer is there before: a test clock does not wait for a file to be read.
await Effect.runPromise(disarm(""))
