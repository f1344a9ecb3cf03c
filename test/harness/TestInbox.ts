import { Effect, Layer } from "effect"
import { Inbox } from "../../src/event/Inbox.ts"
import { Outbox } from "../../src/outbox/Outbox.ts"
import { Tasks } from "../../src/task/Tasks.ts"
import { BOT } from "./Deliveries.ts"
import { mocks } from "./Mocks.ts"
import { TestStore } from "./TestStore.ts"

/** A real inbox over a store in memory, for a bot that is known. */
export const TestInbox = Inbox.layer.pipe(
  Layer.provide([Layer.provide(Tasks.layer, Outbox.layer), mocks.BotIdentity({ current: Effect.succeed(BOT) })]),
  Layer.provideMerge(TestStore)
)
