import type { RotationEvent } from "../events/rotation-event.ts";
import type { CallOptions } from "./call.ts";

/**
 * Where rekey reports what it did.
 *
 * @example
 * ```ts
 * const silent: EventPublisher = { publish: async () => undefined };
 * ```
 */
export interface EventPublisher {
  /** At least once. Errors: `events-unavailable`, `event-rejected`. */
  publish(event: RotationEvent, call: CallOptions): Promise<void>;
}
