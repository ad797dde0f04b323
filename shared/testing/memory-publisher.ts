import type { EventPublisher } from "../ports/event-publisher.ts";
import type { RotationEvent } from "../events/rotation-event.ts";

/** An `EventPublisher` that keeps what it is given. */
export interface MemoryPublisher extends EventPublisher {
  readonly events: readonly RotationEvent[];
}

export function memoryPublisher(): MemoryPublisher {
  const events: RotationEvent[] = [];
  return {
    events,
    async publish(event) {
      events.push(event);
    },
  };
}
