import type { CallOptions } from "./call.ts";

/**
 * A queue that a function feeds itself from.
 *
 * @example
 * ```ts
 * const send = async (tasks: TaskQueue, secretArns: readonly string[], call: CallOptions) =>
 *   tasks.send({ secretArns }, call);
 * ```
 */
export interface TaskQueue {
  /** Errors: `queue-unavailable`, `time-budget-spent`. At least once. */
  send(message: object, call: CallOptions): Promise<void>;
}
