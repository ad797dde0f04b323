import type { Members } from "../answers/members.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { DeliveredEvent } from "./delivered-event.ts";

const arnOfSecret = /^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:\d{12}:secret:.{1,512}-[A-Za-z0-9]{6}$/;

/** What may make a replaced credential due: a new version, or somebody who uses it. */
export type RetirementCue =
  | { readonly kind: "rotated"; readonly secretArn: string; readonly versionId: string; readonly at: Date }
  | Adoption;

export interface Adoption {
  readonly kind: "adopted";
  readonly secretArn: string;
  readonly versionId: string;
  readonly subscriber: string;
  /** Of the event. The bus's policy says who may use which; nothing else in an event says who sent it. */
  readonly source: string;
}

const formerSource = "rekey.subscriber";

/** Whether the event's source is the subscriber's own, or the former one where that is still taken. */
export const speaksForItself = ({ subscriber, source }: Adoption, takesUnnamed: boolean): boolean =>
  source === `rekey.subscriber.${subscriber}` || (takesUnnamed && source === formerSource);

const malformed = (problem: string): RekeyError => new RekeyError("event-malformed", { context: { problem } });

function matching(fields: Members, field: string, pattern: RegExp): string {
  const value = fields[field];
  if (typeof value === "string" && pattern.test(value)) return value;
  throw malformed(`no ${field}`);
}

/** The secret of one of rekey's events. Errors: `event-malformed`. */
export function secretArnIn({ detail = {} }: DeliveredEvent): string {
  const { secretArn } = detail;
  if (typeof secretArn === "string" && arnOfSecret.test(secretArn)) return secretArn;
  throw malformed("no detail.secretArn");
}

/** Errors: `event-malformed`. */
export const versionIdIn = (detail: Members): string => matching(detail, "versionId", /^[A-Za-z0-9-]{32,64}$/);

/** When the event says that it happened. Errors: `event-malformed`. */
export function instantIn(detail: Members): Date {
  const at = new Date(matching(detail, "at", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/));
  if (Number.isNaN(at.getTime())) throw malformed("no at");
  return at;
}

/** What `Secret Rotated` or `Secret Adopted` says. Errors: `event-malformed`. */
export function retirementCueIn(event: DeliveredEvent): RetirementCue {
  const { type, source, detail = {} } = event;
  const ids = {
    secretArn: matching(detail, "secretArn", arnOfSecret),
    versionId: versionIdIn(detail),
  };
  if (type === "Secret Adopted") {
    const subscriber = matching(detail, "subscriber", /^[A-Za-z0-9_./=+@:-]{1,64}$/);
    return { kind: "adopted", ...ids, subscriber, source: matching({ source }, "source", /^rekey\.subscriber/) };
  }
  if (type !== "Secret Rotated") throw malformed("another detail-type");
  return { kind: "rotated", ...ids, at: instantIn(detail) };
}
