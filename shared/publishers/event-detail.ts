import type { RotationEvent } from "../rotation/ports.ts";

export const eventSource = "rekey";
const schemaVersion = 1;

/** The event's `detail` as it goes over the wire; its JSON Schemas are in `events/`. Ids only, never a value. */
export function eventDetail({ type: _type, ...fields }: RotationEvent, at: Date): string {
  return JSON.stringify({ schemaVersion, ...fields, at: at.toISOString() });
}
