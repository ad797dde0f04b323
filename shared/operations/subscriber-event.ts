import { RekeyError } from "../errors/rekey-error.ts";
import { arnOfSecret } from "./secret-in-event.ts";

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

const recordOf = (value: unknown): Readonly<Record<string, unknown>> => ({ ...Object(value) });

function matching(fields: Readonly<Record<string, unknown>>, field: string, pattern: RegExp): string {
  const value = fields[field];
  if (typeof value === "string" && pattern.test(value)) return value;
  throw malformed(`no ${field}`);
}

/** Reads `Secret Rotated` or `Secret Adopted` as EventBridge delivers it. Errors: `event-malformed`. */
export function parseRetirementCue(body: string): RetirementCue {
  let event: Readonly<Record<string, unknown>>;
  try {
    event = recordOf(JSON.parse(body));
  } catch {
    throw malformed("not JSON");
  }
  const detail = recordOf(event["detail"]);
  const ids = {
    secretArn: matching(detail, "secretArn", arnOfSecret),
    versionId: matching(detail, "versionId", /^[A-Za-z0-9-]{32,64}$/),
  };
  if (event["detail-type"] === "Secret Adopted") {
    const subscriber = matching(detail, "subscriber", /^[A-Za-z0-9_./=+@:-]{1,64}$/);
    return { kind: "adopted", ...ids, subscriber, source: matching(event, "source", /^rekey\.subscriber/) };
  }
  if (event["detail-type"] !== "Secret Rotated") throw malformed("another detail-type");
  const at = new Date(matching(detail, "at", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/));
  if (Number.isNaN(at.getTime())) throw malformed("no at");
  return { kind: "rotated", ...ids, at };
}
