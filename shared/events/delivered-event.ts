import { isMembers, type Members, membersOf } from "../answers/members.ts";
import { RekeyError } from "../errors/rekey-error.ts";

/** An event as EventBridge delivers it. Anybody may have sent it: whoever uses a member checks it. */
export interface DeliveredEvent {
  readonly id: unknown;
  readonly source: unknown;
  readonly type: unknown;
  readonly time: unknown;
  readonly resource: unknown;
  /** `undefined`: there is none, or it is no object. */
  readonly detail: Members | undefined;
}

export function deliveredEvent(value: unknown): DeliveredEvent {
  const { id, source, "detail-type": type, time, resources, detail } = membersOf(value);
  const resource: unknown = Array.isArray(resources) ? resources[0] : undefined;
  return { id, source, type, time, resource, detail: isMembers(detail) ? detail : undefined };
}

/** Errors: `event-malformed` for what is not JSON. */
export function parseDeliveredEvent(body: string): DeliveredEvent {
  try {
    return deliveredEvent(JSON.parse(body));
  } catch {
    throw new RekeyError("event-malformed", { context: { problem: "not JSON" } });
  }
}

/** The ARN or the id of the secret. CloudTrail's name for it differs by call and by year: `arn`, `aRN`, `ARN`, `SecretId`. */
export const secretAmong = (fields: Members): unknown =>
  Object.entries(fields).find(([name]) => /^(?:arn|secretid)$/i.test(name))?.[1];

/** A call of Secrets Manager's API as CloudTrail records it in a detail. */
export interface CloudTrailRecord {
  readonly name: unknown;
  readonly time: unknown;
  readonly isRefused: boolean;
  readonly request: Members;
  readonly answer: Members;
  /** The ARN from the answer, or else the id from the request: a name or an ARN, as the caller gave it. */
  readonly secret: unknown;
}

export function cloudTrailRecord(detail: Members): CloudTrailRecord {
  const { eventName: name, eventTime: time, errorCode } = detail;
  const request = membersOf(detail["requestParameters"]);
  const answer = membersOf(detail["responseElements"]);
  const secret = secretAmong(answer) ?? secretAmong(request);
  return { name, time, isRefused: errorCode !== undefined, request, answer, secret };
}
