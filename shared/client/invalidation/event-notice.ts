import { isMembers, type Members } from "../../answers/members.ts";
import { cloudTrailRecord, deliveredEvent } from "../../events/delivered-event.ts";
import { isText, longestId } from "./checked-notice.ts";
import type { IgnoredReason, SecretNotice } from "./invalidation-source.ts";

/** The longest that Secrets Manager gives: more is not kept, whoever sends it. */
const longestVersionId = 64;
const isVersionId = (value: unknown): value is string => isText(value, longestVersionId);

function noticeOf(secretArn: unknown, versionId: unknown, at: unknown): SecretNotice | IgnoredReason {
  if (!isText(secretArn, longestId) || !isVersionId(versionId)) return "no-version";
  // `String` throws on an object such as `{ "toString": null }`.
  const atMs = typeof at === "string" ? Date.parse(at) : Number.NaN;
  return { secretArn, versionId, ...(Number.isNaN(atMs) ? {} : { atMs }), replacedStillWorks: false };
}

/** rekey's `Secret Rotated`. */
function rotated({ secretArn, versionId, previousVersionId, strategy, at }: Members): SecretNotice | IgnoredReason {
  const notice = noticeOf(secretArn, versionId, at);
  if (typeof notice === "string") return notice;
  return {
    ...notice,
    ...(isVersionId(previousVersionId) ? { previousVersionId } : {}),
    replacedStillWorks: strategy === "alternating-users" || strategy === "dual-password",
  };
}

/** Secrets Manager's own `Secret Label Updated`, which has the ARN outside of its detail and the name inside. */
function labelUpdated(detail: Members, arn: unknown, time: unknown): SecretNotice | IgnoredReason {
  if (detail["labelUpdated"] !== "AWSCURRENT") return "another-event";
  return noticeOf(arn ?? detail["secretArn"] ?? detail["name"], detail["versionId"], time);
}

/** A call of Secrets Manager's API as CloudTrail tells of it. The token of a call that puts a value is the version's id. */
function recordedCall(detail: Members): SecretNotice | IgnoredReason {
  const { name, time, isRefused, request, answer, secret } = cloudTrailRecord(detail);
  if (isRefused) return "another-event";
  const { versionId = request["clientRequestToken"] } = answer;
  switch (name) {
    case "UpdateSecretVersionStage":
      if (request["versionStage"] !== "AWSCURRENT") return "another-event";
      return noticeOf(secret, request["moveToVersionId"], time);
    case "PutSecretValue": {
      const stages = request["versionStages"];
      if (Array.isArray(stages) && !stages.includes("AWSCURRENT")) return "another-event";
      return noticeOf(secret, versionId, time);
    }
    case "UpdateSecret":
      // It may have changed the description alone: its token, which is always there, is no proof of a version.
      return noticeOf(secret, answer["versionId"], time);
    case "RotationSucceeded":
      return "no-version";
    default:
      return "another-event";
  }
}

/** What is left when EventBridge sends the detail alone. rekey's other events have no `origin`, and no `strategy`. */
function bareDetail(detail: Members): SecretNotice | IgnoredReason {
  if (typeof detail["labelUpdated"] === "string") return labelUpdated(detail, undefined, undefined);
  if (typeof detail["origin"] === "string" && typeof detail["strategy"] === "string") return rotated(detail);
  return detail["eventSource"] === "secretsmanager.amazonaws.com" ? recordedCall(detail) : "not-a-rotation";
}

const ofRekeyOrSecretsManager = (source: unknown): boolean =>
  typeof source === "string" && /^(rekey(\.|$)|aws\.secretsmanager$)/.test(source);

/** A detail that an input transformer has put between quotation marks. */
function quotedFields(text: unknown): Members | undefined {
  if (typeof text !== "string") return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return isMembers(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** What an event of EventBridge says, or its detail alone, or why it says nothing of a version that became current. */
export function eventNotice(event: Members): SecretNotice | IgnoredReason {
  const { type, detail: plain, resource, time, source } = deliveredEvent(event);
  if (type === undefined) return bareDetail(event);
  if (typeof type !== "string") return "not-a-rotation";
  const detail = plain ?? quotedFields(event["detail"]);
  switch (type) {
    case "Secret Rotated":
      return rotated(detail ?? event);
    case "Secret Label Updated":
      return labelUpdated(detail ?? event, resource, time);
    case "AWS API Call via CloudTrail":
    case "Amazon API Call via CloudTrail":
    case "AWS Service Event via CloudTrail":
      return detail?.["eventSource"] === "secretsmanager.amazonaws.com" ? recordedCall(detail) : "not-a-rotation";
    default:
      return ofRekeyOrSecretsManager(source) ? "another-event" : "not-a-rotation";
  }
}
