import { webhookFunction } from "../../shared/runtime/webhook-function.ts";

/** SQS invokes it with batches of `Secret Rotated`; it posts each, signed, to the webhook's address. */
export const handler = webhookFunction(process.env);
