import { RekeyError } from "../errors/rekey-error.ts";
import type { RotationEvent } from "../rotation/ports.ts";
import { detailFields, isDetailType } from "./detail-fields.ts";

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

/** Reads what `JSON.stringify` made of an outgoing event. Errors: `event-malformed`. */
export function parseOutgoingEvent(text: string): OutgoingEvent {
  try {
    const { detailType, detail, secretArn }: Partial<Record<string, unknown>> = { ...JSON.parse(text) };
    if (typeof detailType === "string" && isDetailType(detailType) && typeof detail === "string") {
      if (typeof secretArn === "string" && secretArn.startsWith("arn:")) return { detailType, detail, secretArn };
    }
  } catch {
    // Said below.
  }
  throw new RekeyError("event-malformed", { context: { problem: "not one of rekey's events" } });
}
