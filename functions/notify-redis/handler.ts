import { redisFunction } from "../../shared/runtime/redis-function.ts";

/** SQS invokes it with batches of `Secret Rotated`; it publishes each on a channel of Redis. */
export const handler = redisFunction(process.env);
