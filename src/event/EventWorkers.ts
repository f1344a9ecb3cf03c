import { Layer } from "effect"
import { DeliveryWorker } from "./DeliveryWorker.ts"
import { PayloadWorker } from "./PayloadWorker.ts"
import { Reconciler } from "./Reconciler.ts"

/** What turns stored deliveries, and what no delivery told of, into tasks. */
export const EventWorkers = Layer.mergeAll(DeliveryWorker, PayloadWorker, Reconciler)
