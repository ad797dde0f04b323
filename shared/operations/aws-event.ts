import { RekeyError } from "../errors/rekey-error.ts";
import type { RotationStep } from "../rotation/ports.ts";

/** What AWS says of a secret, by the way of EventBridge's default bus. */
export type AwsEvent =
  | { readonly kind: "label-moved"; readonly secretArn: string; readonly versionId: string; readonly at: Date }
  | { readonly kind: "deleted-or-restored"; readonly secretArn: string }
  /** `secretId`: as the caller gave it, a name or an ARN. `tags`: the names of rekey's own among them. */
  | { readonly kind: "retagged"; readonly secretId: string; readonly tags: readonly string[] }
  | {
      readonly kind: "rotation-stopped";
      readonly secretArn: string;
      readonly outcome: "failed" | "abandoned";
      readonly step?: RotationStep;
    };

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => ({ ...Object(value) });

/** CloudTrail's name for the ARN differs by call and by year: `arn`, `aRN`, `ARN`. */
const arnAmong = (fields: Fields): unknown =>
  Object.entries(fields).find(([name]) => /^(?:arn|secretid)$/i.test(name))?.[1];

function secretArn(value: unknown): string {
  if (typeof value === "string" && /^arn:[^:]+:secretsmanager:/.test(value)) return value;
  throw new RekeyError("event-malformed", { context: { problem: "no ARN of a secret" } });
}

const steps: Readonly<Record<string, RotationStep>> = {
  createSecret: "createSecret",
  setSecret: "setSecret",
  testSecret: "testSecret",
  finishSecret: "finishSecret",
};

/** From `Error when executing lambda <arn> during setSecret step`; nothing else of the message is kept. */
function stepIn(message: unknown): { readonly step?: RotationStep } {
  const name = typeof message === "string" ? (/ during (\w+) step/.exec(message)?.[1] ?? "") : "";
  const step = Object.hasOwn(steps, name) ? steps[name] : undefined;
  return step === undefined ? {} : { step };
}

function labelMoved(event: Fields, detail: Fields): AwsEvent | undefined {
  if (detail["labelUpdated"] !== "AWSCURRENT") return undefined;
  const [arn]: readonly unknown[] = Array.isArray(event["resources"]) ? event["resources"] : [];
  const { versionId } = detail;
  const at = new Date(String(event["time"]));
  if (typeof versionId !== "string" || Number.isNaN(at.getTime())) {
    throw new RekeyError("event-malformed", { context: { problem: "no versionId or time" } });
  }
  return { kind: "label-moved", secretArn: secretArn(arn), versionId, at };
}

const listAmong = (fields: Fields, pattern: RegExp): readonly unknown[] => {
  const found = Object.entries(fields).find(([name]) => pattern.test(name))?.[1];
  return Array.isArray(found) ? found : [];
};

/** TagResource has `tags` with keys and values, UntagResource `tagKeys`. Neither answer names the ARN. */
function retagged(request: Fields): AwsEvent | undefined {
  const set = listAmong(request, /^tags$/i).map(
    (tag) => Object.entries(fieldsOf(tag)).find(([name]) => /^key$/i.test(name))?.[1],
  );
  const names = [...set, ...listAmong(request, /^tagkeys$/i)];
  const tags = names.filter((name) => typeof name === "string").filter((name) => /^rekey:[a-z-]{1,40}$/.test(name));
  const secretId = arnAmong(request);
  if (typeof secretId !== "string") throw new RekeyError("event-malformed", { context: { problem: "no secretId" } });
  return tags.length === 0 ? undefined : { kind: "retagged", secretId, tags: [...new Set(tags)] };
}

function calledApi(detail: Fields): AwsEvent | undefined {
  const { eventName, errorCode } = detail;
  if (errorCode !== undefined) return undefined;
  if (eventName === "TagResource" || eventName === "UntagResource")
    return retagged(fieldsOf(detail["requestParameters"]));
  if (eventName !== "DeleteSecret" && eventName !== "RestoreSecret") return undefined;
  const asked = arnAmong(fieldsOf(detail["requestParameters"]));
  return {
    kind: "deleted-or-restored",
    secretArn: secretArn(arnAmong(fieldsOf(detail["responseElements"])) ?? asked),
  };
}

function serviceRecord(detail: Fields): AwsEvent | undefined {
  const { eventName, errorMessage } = detail;
  if (eventName !== "RotationFailed" && eventName !== "RotationAbandoned") return undefined;
  return {
    kind: "rotation-stopped",
    secretArn: secretArn(arnAmong(fieldsOf(detail["additionalEventData"]))),
    outcome: eventName === "RotationFailed" ? "failed" : "abandoned",
    ...stepIn(errorMessage),
  };
}

/**
 * Reads an event of Secrets Manager as EventBridge delivers it: its own `Secret Label Updated`, and CloudTrail's records
 * of DeleteSecret, RestoreSecret, TagResource, UntagResource, RotationFailed and RotationAbandoned. `undefined`: an event that says nothing that rekey
 * passes on. Errors: `event-malformed`. The shapes are from AWS's guide `monitoring-eventbridge` and its CloudTrail examples.
 */
export function parseAwsEvent(body: string): AwsEvent | undefined {
  let event: Fields;
  try {
    event = fieldsOf(JSON.parse(body));
  } catch {
    throw new RekeyError("event-malformed", { context: { problem: "not JSON" } });
  }
  if (event["source"] !== "aws.secretsmanager") {
    throw new RekeyError("event-malformed", { context: { problem: "not from Secrets Manager" } });
  }
  const detail = fieldsOf(event["detail"]);
  const type = String(event["detail-type"]);
  if (type === "Secret Label Updated") return labelMoved(event, detail);
  // In the China partition the same types say "Amazon" in place of "AWS".
  if (type.endsWith("API Call via CloudTrail")) return calledApi(detail);
  return type.endsWith("Service Event via CloudTrail") ? serviceRecord(detail) : undefined;
}
