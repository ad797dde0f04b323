import { chatFunction } from "../../shared/runtime/chat-function.ts";

/** SQS invokes it with batches of failures, findings and new versions; it tells each chat and on-call service of them. */
export const handler = chatFunction(process.env);
