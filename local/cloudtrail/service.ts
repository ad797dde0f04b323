import { randomUUID } from "node:crypto";
import type { RequestRecord } from "../aws/front.ts";
import { optionalInteger, optionalText, recordList, text, type Members } from "../aws/members.ts";
import { AwsError, type AwsService, type BusEvent } from "../aws/service.ts";

export interface CloudTrail extends AwsService {
  /** A call to Secrets Manager that was answered. */
  noteCall(request: RequestRecord, atMs: number): void;
  /** What Secrets Manager tells the default bus; its records of rotations are CloudTrail's. */
  noteEvent(event: BusEvent, atMs: number): void;
}

interface Kept {
  readonly id: string;
  readonly atMs: number;
  readonly name: string;
  readonly username: string | undefined;
  readonly arns: readonly string[];
  /** The whole record, as JSON. */
  readonly record: Members;
}

const mostKept = 100_000;
const source = "secretsmanager.amazonaws.com";
const isRead = (operation: string): boolean => /^(?:Get|BatchGet|Describe|List)/u.test(operation);

/** CloudTrail's event history of Secrets Manager: LookupEvents, by ResourceName or EventName, newest first, at once. */
export function createCloudTrail({ accountId }: { readonly accountId: string }): CloudTrail {
  const kept: Kept[] = [];
  const keep = (one: Kept): void => {
    if (kept.length >= mostKept) kept.splice(0, mostKept / 2);
    kept.push(one);
  };

  const shown = ({ id, atMs, name, username, arns, record }: Kept): Members => ({
    EventId: id,
    EventName: name,
    EventTime: Math.floor(atMs / 1000),
    EventSource: source,
    ReadOnly: String(isRead(name)),
    Username: username,
    Resources: arns.map((ResourceName) => ({ ResourceType: "AWS::SecretsManager::Secret", ResourceName })),
    CloudTrailEvent: JSON.stringify(record),
  });

  function lookUp(input: Members): Members {
    const [attribute, ...others] = recordList(input, "LookupAttributes");
    if (others.length > 0) {
      throw new AwsError("InvalidLookupAttributesException", "You can only specify one lookup attribute.");
    }
    const key = attribute === undefined ? undefined : text(attribute, "AttributeKey");
    const value = attribute === undefined ? "" : text(attribute, "AttributeValue");
    if (key !== undefined && key !== "ResourceName" && key !== "EventName") {
      throw new AwsError("InvalidLookupAttributesException", `The attribute ${key} is not emulated.`);
    }
    const most = optionalInteger(input, "MaxResults") ?? 50;
    if (most < 1 || most > 50) throw new AwsError("InvalidMaxResultsException", "MaxResults must be from 1 to 50.");
    const found = kept
      .filter(({ name, arns }) => (key === "EventName" ? name === value : key === undefined || arns.includes(value)))
      .reverse();
    const from = Number(optionalText(input, "NextToken") ?? "0");
    return {
      Events: found.slice(from, from + most).map(shown),
      NextToken: from + most < found.length ? String(from + most) : undefined,
    };
  }

  return {
    name: "cloudtrail",
    // The second is how botocore, and so the AWS CLI, calls it.
    targets: ["CloudTrail_20131101", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101"],
    resources: () => [],
    async handle({ operation, input }) {
      if (operation !== "LookupEvents") {
        throw new AwsError("UnknownOperationException", `The operation ${operation} is not emulated.`);
      }
      return { body: lookUp(input) };
    },
    noteCall({ service, operation, principalArn, resources, errorType, region, handled, requestId }, atMs) {
      if (service !== "secretsmanager" || !handled) return;
      keep({
        id: randomUUID(),
        atMs,
        name: operation,
        username: principalArn.split("/").at(-1),
        arns: resources,
        record: {
          eventTime: new Date(atMs).toISOString(),
          eventSource: source,
          eventName: operation,
          awsRegion: region,
          userIdentity: { arn: principalArn, accountId },
          ...(errorType === undefined ? {} : { errorCode: errorType }),
          requestID: requestId,
          readOnly: isRead(operation),
          eventType: "AwsApiCall",
        },
      });
    },
    noteEvent({ detail, ...event }, atMs) {
      if (event["detail-type"] !== "AWS Service Event via CloudTrail") return;
      const { SecretId } = { ...(detail["additionalEventData"] as Members) };
      keep({
        id: randomUUID(),
        atMs,
        name: text(detail, "eventName"),
        username: undefined,
        arns: typeof SecretId === "string" ? [SecretId] : [],
        record: detail,
      });
    },
  };
}
