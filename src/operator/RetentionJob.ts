import { Effect } from "effect"
import { UsageRetention } from "../context/UsageRetention.ts"
import { EventRetention } from "../event/EventRetention.ts"
import { Uptime } from "../event/Uptime.ts"
import { OutboxRetention } from "../outbox/OutboxRetention.ts"
import { JournalRetention } from "../session/JournalRetention.ts"
import { retentionJob } from "../storage/Retention.ts"

/** The daily job of all owners. */
export const RetentionJob = retentionJob(
  Effect.flatMap(Uptime, ({ downtimes }) => downtimes),
  [EventRetention, OutboxRetention, UsageRetention, JournalRetention]
)
