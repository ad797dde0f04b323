import { readPolicyDocument } from "../aws/policy-document.ts";
import { AwsError } from "../aws/service.ts";

/** Ranges from the SQS service model; the times are seconds, the size bytes. */
const ranges: Readonly<Record<string, { readonly min: number; readonly max: number; readonly initially: number }>> = {
  DelaySeconds: { min: 0, max: 900, initially: 0 },
  MaximumMessageSize: { min: 1024, max: 1_048_576, initially: 1_048_576 },
  MessageRetentionPeriod: { min: 60, max: 1_209_600, initially: 345_600 },
  ReceiveMessageWaitTimeSeconds: { min: 0, max: 20, initially: 0 },
  VisibilityTimeout: { min: 0, max: 43_200, initially: 30 },
  KmsDataKeyReusePeriodSeconds: { min: 60, max: 86_400, initially: 300 },
};
const texts = new Set(["Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId", "SqsManagedSseEnabled"]);

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

const invalid = (name: string, value: string): AwsError =>
  new AwsError("InvalidAttributeValue", `Invalid value for the parameter ${name}: ${value}.`);

/** Errors: `InvalidAttributeValue`. An empty text means none. */
export function readRedrivePolicy(json: string | undefined): RedrivePolicy | undefined {
  if (json === undefined || json === "") return undefined;
  try {
    const { deadLetterTargetArn, maxReceiveCount }: Record<string, unknown> = JSON.parse(json);
    const count = Number(maxReceiveCount ?? 10);
    if (typeof deadLetterTargetArn === "string" && Number.isInteger(count) && count >= 1 && count <= 1000) {
      return { deadLetterTargetArn, maxReceiveCount: count };
    }
  } catch {
    // Refused below, as every other value that is no redrive policy.
  }
  throw invalid("RedrivePolicy", json);
}

/** Errors: `InvalidAttributeName`, `InvalidAttributeValue`. */
export function checkQueueAttributes(attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    const range = ranges[name];
    if (range !== undefined) {
      if (!/^\d+$/u.test(value) || Number(value) < range.min || Number(value) > range.max) throw invalid(name, value);
    } else if (!texts.has(name)) throw new AwsError("InvalidAttributeName", `Unknown Attribute ${name}.`);
  }
  readRedrivePolicy(attributes["RedrivePolicy"]);
  if (attributes["Policy"]) readPolicyDocument(attributes["Policy"]);
}

/** What a queue has before anything is said. */
export const initialQueueAttributes = (): Map<string, string> =>
  new Map([
    ...Object.entries(ranges)
      .filter(([name]) => name !== "KmsDataKeyReusePeriodSeconds")
      .map(([name, { initially }]): [string, string] => [name, String(initially)]),
    ["SqsManagedSseEnabled", "true"],
  ]);
