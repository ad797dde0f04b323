import type { SecretNotice } from "./invalidation-source.ts";

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parse(text: unknown): unknown {
  if (typeof text !== "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a channel's message has signed: the text, and the signature over it. */
export function signedPart(body: string): { readonly text: string; readonly signature: unknown } {
  const outer = parse(body);
  if (!isObject(outer) || typeof outer["Message"] !== "string") return { text: body, signature: undefined };
  return { text: outer["Message"], signature: outer["RekeySignature"] };
}

/** The longest that Secrets Manager gives: more is not kept, whoever sends it. */
const longest = { arn: 2_048, versionId: 64 };
const isText = (value: unknown, mostCharacters: number): value is string =>
  typeof value === "string" && value !== "" && value.length <= mostCharacters;

/**
 * What a queue's message says: rekey's `Secret Rotated`, or Secrets Manager's own `Secret Label Updated` for AWSCURRENT, as
 * EventBridge sends it, inside SNS's envelope or bare. `undefined`: it says nothing of a rotation.
 */
export function noticeInMessage(body: string): SecretNotice | undefined {
  const outer = parse(body);
  const event = isObject(outer) && typeof outer["Message"] === "string" ? parse(outer["Message"]) : outer;
  if (!isObject(event) || !isObject(event["detail"])) return undefined;
  const { detail, resources } = event;
  const { secretArn, versionId, previousVersionId, labelUpdated, strategy, at } = detail;
  const native = event["detail-type"] === "Secret Label Updated" && labelUpdated === "AWSCURRENT";
  const arn: unknown = native && Array.isArray(resources) ? resources[0] : secretArn;
  if (!native && event["detail-type"] !== "Secret Rotated") return undefined;
  if (!isText(arn, longest.arn) || !isText(versionId, longest.versionId)) return undefined;
  const time: unknown = native ? event["time"] : at;
  // `String` throws on an object such as `{ "toString": null }`.
  const atMs = typeof time === "string" ? Date.parse(time) : Number.NaN;
  return {
    secretArn: arn,
    versionId,
    ...(isText(previousVersionId, longest.versionId) ? { previousVersionId } : {}),
    ...(Number.isNaN(atMs) ? {} : { atMs }),
    replacedStillWorks: strategy === "alternating-users" || strategy === "dual-password",
  };
}
