import { randomUUID } from "node:crypto";
import { isMembers, type Members } from "../../shared/answers/members.ts";
import type { AwsCall, AwsError, Principal } from "../aws/service.ts";

export const secretsManagerSource = "secretsmanager.amazonaws.com";

export const isRead = (operation: string): boolean => /^(?:Get|BatchGet|Describe|List)/u.test(operation);

/** What no record has, in a request or an answer. */
const hidden = new Set(["SecretString", "SecretBinary", "SecretValues", "RandomPassword", "RotationToken"]);

const recordName = (member: string): string =>
  /^[A-Z]+$/u.test(member) ? member.toLowerCase() : member.charAt(0).toLowerCase() + member.slice(1);

/** Members as CloudTrail writes them: `SecretId` is `secretId`, `ARN` is `arn`. */
function inRecord(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inRecord);
  if (!isMembers(value)) return value;
  const shown = Object.entries(value).filter(([member, held]) => held !== undefined && !hidden.has(member));
  return Object.fromEntries(shown.map(([member, held]) => [recordName(member), inRecord(held)]));
}

function userIdentity({ arn, accountId, awsService }: Principal): Members {
  if (awsService !== undefined) return { type: "AWSService", accountId, invokedBy: `${awsService}.amazonaws.com` };
  const [kind = "", name = ""] = arn.split(":")[5]?.split("/") ?? [];
  const common = { principalId: arn.split("/").slice(1).join(":") || accountId, arn, accountId };
  if (kind === "root") return { type: "Root", ...common };
  if (kind === "user") return { type: "IAMUser", ...common, userName: name };
  const role = { type: "Role", principalId: name, arn: `arn:aws:iam::${accountId}:role/${name}`, accountId };
  return { type: "AssumedRole", ...common, sessionContext: { sessionIssuer: { ...role, userName: name } } };
}

/** The answers that a record has: those of writes that say something. */
function responseElements(operation: string, answer: Members): unknown {
  return isRead(operation) || Object.keys(answer).length === 0 ? null : inRecord(answer);
}

/** CloudTrail's record of a call to Secrets Manager, which has no value in it. */
export function callRecord(
  { operation, input, region, principal, http, requestId }: AwsCall,
  outcome: { readonly answer: Members } | { readonly error: AwsError },
  { accountId, atMs }: { readonly accountId: string; readonly atMs: number },
): Members {
  return {
    eventVersion: "1.08",
    userIdentity: userIdentity(principal),
    eventTime: new Date(atMs).toISOString().replace(/\.\d+Z$/u, "Z"),
    eventSource: secretsManagerSource,
    eventName: operation,
    awsRegion: region,
    sourceIPAddress: requestId === undefined ? "AWS Internal" : "127.0.0.1",
    userAgent: http.headers["user-agent"] ?? "AWS Internal",
    ...("error" in outcome ? { errorCode: outcome.error.type, errorMessage: outcome.error.message } : {}),
    requestParameters: inRecord(input),
    responseElements: "answer" in outcome ? responseElements(operation, outcome.answer) : null,
    requestID: requestId ?? randomUUID(),
    eventID: randomUUID(),
    readOnly: isRead(operation),
    eventType: "AwsApiCall",
    managementEvent: true,
    recipientAccountId: accountId,
    eventCategory: "Management",
  };
}
