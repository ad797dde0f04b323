import type { RotationEvent } from "../../events/rotation-event.ts";
import { detailFields } from "../../events/details.ts";

export const eventSource = "rekey";
const schemaVersion = 1;

/** An event as it goes over the wire. */
export interface OutgoingEvent {
  readonly detailType: string;
  /** JSON; its schemas are in `events/`. Ids only, never a value. */
  readonly detail: string;
  readonly secretArn: string;
}

/** Takes the fields of the contract and no other, whatever else the object carries. */
export function outgoingEvent(event: RotationEvent, at: Date): OutgoingEvent {
  const fields = Object.entries(event).filter(([name]) => detailFields[event.type].includes(name));
  const detail = JSON.stringify({ schemaVersion, ...Object.fromEntries(fields), at: at.toISOString() });
  return { detailType: event.type, detail, secretArn: event.secretArn };
}
