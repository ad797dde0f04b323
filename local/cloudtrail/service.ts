import { isMembers, type Members } from "../../shared/answers/members.ts";
import { optionalInteger, optionalText, recordList, text } from "../aws/members.ts";
import { AwsError, type AwsService, type BusEvent } from "../aws/service.ts";
import { callRecord, isRead, secretsManagerSource } from "./call-record.ts";

export interface CloudTrail extends AwsService {
  /** The same service, whose calls are recorded once they are answered. */
  recording(service: AwsService): AwsService;
  /** A record that Secrets Manager itself makes, of a rotation. */
  noteEvent(event: BusEvent): void;
}

export interface CloudTrailOptions {
  readonly accountId: string;
  readonly nowMs: () => number;
  /** Takes every record to the region's default bus, which AWS does in an account that has a trail. Absent: no trail. */
  readonly emit?: (event: BusEvent, region: string) => void;
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

/**
 * CloudTrail's event history of Secrets Manager, which every account has: LookupEvents, by ResourceName or EventName, newest
 * first, at once. With a trail its records are events of the default bus, too.
 */
export function createCloudTrail({ accountId, nowMs, emit }: CloudTrailOptions): CloudTrail {
  const kept: Kept[] = [];
  function keep(record: Members, username: string | undefined, arns: readonly string[]): void {
    if (kept.length >= mostKept) kept.splice(0, mostKept / 2);
    kept.push({ id: text(record, "eventID"), atMs: nowMs(), name: text(record, "eventName"), username, arns, record });
  }

  const shown = ({ id, atMs, name, username, arns, record }: Kept): Members => ({
    EventId: id,
    EventName: name,
    EventTime: Math.floor(atMs / 1000),
    EventSource: secretsManagerSource,
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
    recording(service) {
      return {
        ...service,
        async handle(call) {
          const arnsBefore = service.resources(call);
          const note = (outcome: Parameters<typeof callRecord>[1]): void => {
            const record = callRecord(call, outcome, { accountId, atMs: nowMs() });
            // A secret that is made has its ARN now, one that is gone had it before.
            const arns = call.operation === "CreateSecret" ? service.resources(call) : arnsBefore;
            keep(record, call.principal.arn.split("/").at(-1), arns);
            const type = "AWS API Call via CloudTrail";
            emit?.({ source: "aws.secretsmanager", "detail-type": type, detail: record, resources: [] }, call.region);
          };
          try {
            const reply = await service.handle(call);
            note({ answer: isMembers(reply.body) ? reply.body : {} });
            return reply;
          } catch (error) {
            if (error instanceof AwsError) note({ error });
            throw error;
          }
        },
      };
    },
    noteEvent(event) {
      const { detail } = event;
      const { SecretId } = { ...(detail["additionalEventData"] as Members) };
      keep(detail, undefined, typeof SecretId === "string" ? [SecretId] : []);
      emit?.(event, text(detail, "awsRegion"));
    },
  };
}
