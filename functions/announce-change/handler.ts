import { announceFunction } from "../../shared/runtime/announce-function.ts";

/** SQS invokes it with batches of Secrets Manager's own events; it makes them rekey's. */
export const handler = announceFunction(process.env);
