import { type Members, membersOf } from "../answers/members.ts";
import { RekeyError } from "../errors/rekey-error.ts";
import type { RotationStep } from "../ports/rotation.ts";
import { type CloudTrailRecord, cloudTrailRecord, type DeliveredEvent, secretAmong } from "./delivered-event.ts";
import { defined } from "../secrets/defined.ts";

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

const malformed = (problem: string): RekeyError => new RekeyError("event-malformed", { context: { problem } });

function secretArn(value: unknown): string {
  if (typeof value === "string" && /^arn:[^:]+:secretsmanager:/.test(value)) return value;
  throw malformed("no ARN of a secret");
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
  return defined({ step });
}

function labelMoved({ resource, time }: DeliveredEvent, detail: Members): AwsEvent | undefined {
  if (detail["labelUpdated"] !== "AWSCURRENT") return undefined;
  const { versionId } = detail;
  const at = new Date(String(time));
  if (typeof versionId !== "string" || Number.isNaN(at.getTime())) throw malformed("no versionId or time");
  return { kind: "label-moved", secretArn: secretArn(resource), versionId, at };
}

const listAmong = (fields: Members, pattern: RegExp): readonly unknown[] => {
  const found = Object.entries(fields).find(([name]) => pattern.test(name))?.[1];
  return Array.isArray(found) ? found : [];
};

/** TagResource has `tags` with keys and values, UntagResource `tagKeys`. Neither answer names the ARN. */
function retagged({ request, secret: secretId }: CloudTrailRecord): AwsEvent | undefined {
  const set = listAmong(request, /^tags$/i).map(
    (tag) => Object.entries(membersOf(tag)).find(([name]) => /^key$/i.test(name))?.[1],
  );
  const names = [...set, ...listAmong(request, /^tagkeys$/i)];
  const tags = names.filter((name) => typeof name === "string").filter((name) => /^rekey:[a-z-]{1,40}$/.test(name));
  if (typeof secretId !== "string") throw malformed("no secretId");
  return tags.length === 0 ? undefined : { kind: "retagged", secretId, tags: [...new Set(tags)] };
}

function calledApi(record: CloudTrailRecord): AwsEvent | undefined {
  if (record.isRefused) return undefined;
  switch (record.name) {
    case "TagResource":
    case "UntagResource":
      return retagged(record);
    case "DeleteSecret":
    case "RestoreSecret":
      return { kind: "deleted-or-restored", secretArn: secretArn(record.secret) };
    default:
      return undefined;
  }
}

function serviceRecord(detail: Members): AwsEvent | undefined {
  const { eventName, errorMessage } = detail;
  if (eventName !== "RotationFailed" && eventName !== "RotationAbandoned") return undefined;
  return {
    kind: "rotation-stopped",
    secretArn: secretArn(secretAmong(membersOf(detail["additionalEventData"]))),
    outcome: eventName === "RotationFailed" ? "failed" : "abandoned",
    ...stepIn(errorMessage),
  };
}

/**
 * What an event of Secrets Manager says: its own `Secret Label Updated`, or CloudTrail's record of DeleteSecret, RestoreSecret,
 * TagResource, UntagResource, RotationFailed or RotationAbandoned. `undefined`: nothing that rekey passes on. Errors:
 * `event-malformed`. The shapes are from AWS's guide `monitoring-eventbridge` and its CloudTrail examples.
 */
export function awsEventIn(event: DeliveredEvent): AwsEvent | undefined {
  if (event.source !== "aws.secretsmanager") throw malformed("not from Secrets Manager");
  const { detail = {} } = event;
  const type = String(event.type);
  if (type === "Secret Label Updated") return labelMoved(event, detail);
  // In the China partition the same types say "Amazon" in place of "AWS".
  if (type.endsWith("API Call via CloudTrail")) return calledApi(cloudTrailRecord(detail));
  return type.endsWith("Service Event via CloudTrail") ? serviceRecord(detail) : undefined;
}
