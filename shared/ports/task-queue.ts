import type { CallOptions } from "./call.ts";

/** A queue that a function feeds itself from. */
export interface TaskQueue {
  /** Errors: `queue-unavailable`, `time-budget-spent`. At least once. */
  send(message: object, call: CallOptions): Promise<void>;
}
