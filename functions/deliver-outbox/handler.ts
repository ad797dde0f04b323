import { outboxFunction } from "../../shared/runtime/outbox-function.ts";

/** SQS invokes it with batches of events that the bus did not take when they were new. */
export const handler = outboxFunction(process.env);
