import { RekeyError } from "../errors/rekey-error.ts";

/** What may make a replaced credential due: a new version, or somebody who uses it. */
export type RetirementCue =
  | { readonly kind: "rotated"; readonly secretArn: string; readonly versionId: string; readonly at: Date }
  | { readonly kind: "adopted"; readonly secretArn: string; readonly versionId: string; readonly subscriber: string };

const malformed = (problem: string): RekeyError => new RekeyError("event-malformed", { context: { problem } });

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? { ...value } : {};

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
    secretArn: matching(detail, "secretArn", /^arn:[a-z-]+:secretsmanager:/),
    versionId: matching(detail, "versionId", /^[A-Za-z0-9-]{32,64}$/),
  };
  if (event["detail-type"] === "Secret Adopted") {
    return { kind: "adopted", ...ids, subscriber: matching(detail, "subscriber", /^[A-Za-z0-9_./=+@:-]{1,64}$/) };
  }
  if (event["detail-type"] !== "Secret Rotated") throw malformed("another detail-type");
  return { kind: "rotated", ...ids, at: new Date(matching(detail, "at", /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)) };
}
