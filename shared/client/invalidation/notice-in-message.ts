import { isMembers } from "../../answers/members.ts";
import { eventNotice } from "./event-notice.ts";
import type { IgnoredReason, InvalidationSink, SecretNotice } from "./invalidation-source.ts";

/** What one message says. */
export interface MessageContent {
  readonly notices: readonly SecretNotice[];
  /** Why the rest of it gives no notice. */
  readonly ignored: readonly IgnoredReason[];
}

/** The most that SQS takes. Redis takes more. */
export const longestBody = 1_048_576;
/** Envelopes around an event: SNS in SQS in a batch in a record of a failed function is four. */
const mostEnvelopes = 5;
/** Events in a batch. */
const mostInMessage = 100;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON, or JSON that somebody has put into base64. */
function parseText(text: string): unknown {
  const value = parse(text);
  if (value !== undefined || !/^[\w+/-]{16,}={0,2}$/.test(text)) return value;
  const decoded = parse(Buffer.from(text, "base64").toString("utf8"));
  return typeof decoded === "object" && decoded !== null ? decoded : undefined;
}

/** What a channel's message has signed: the text, and the signature over it. */
export function signedPart(body: string): { readonly text: string; readonly signature: unknown } {
  const outer = parse(body);
  if (!isMembers(outer) || typeof outer["Message"] !== "string") return { text: body, signature: undefined };
  return { text: outer["Message"], signature: outer["RekeySignature"] };
}

/**
 * What is inside an envelope: of SNS, of a record that Lambda or a pipe hands over, of a function's destination. `undefined`:
 * it is none.
 */
function insideOf(value: Readonly<Record<string, unknown>>): unknown {
  const { Message, Records, Sns, body, eventSource, requestContext, requestPayload } = value;
  if (typeof Message === "string") return Message;
  if (Array.isArray(Records)) return Records;
  if (isMembers(Sns)) return Sns;
  if (eventSource === "aws:sqs" && body !== undefined) return body;
  return isMembers(requestContext) ? requestPayload : undefined;
}

/**
 * What a message of a queue or a channel says: rekey's `Secret Rotated`, Secrets Manager's own `Secret Label Updated` for
 * AWSCURRENT, or a call that CloudTrail recorded; bare, its detail alone, within envelopes, in a batch or in base64. Never
 * throws, whatever the message is.
 */
export function messageContent(body: string): MessageContent {
  const notices: SecretNotice[] = [];
  const ignored: IgnoredReason[] = [];

  function take(value: unknown, envelopes: number): void {
    if (typeof value === "string") {
      const parsed = parseText(value);
      if (parsed === undefined) ignored.push("not-json");
      else open(parsed, envelopes);
    } else open(value, envelopes);
  }

  function open(value: unknown, envelopes: number): void {
    if (envelopes > mostEnvelopes) return void ignored.push("not-a-rotation");
    if (typeof value === "string") return take(value, envelopes + 1);
    if (Array.isArray(value)) {
      if (value.length === 0) ignored.push("not-a-rotation");
      for (const each of value) {
        if (notices.length + ignored.length >= mostInMessage) return void ignored.push("too-many");
        take(each, envelopes + 1);
      }
      return;
    }
    if (!isMembers(value)) return void ignored.push("not-a-rotation");
    if (value["Type"] === "SubscriptionConfirmation") return void ignored.push("unconfirmed");
    const inside = insideOf(value);
    if (inside !== undefined) return take(inside, envelopes + 1);
    const notice = eventNotice(value);
    if (typeof notice === "string") ignored.push(notice);
    else notices.push(notice);
  }

  if (body.length > longestBody) ignored.push("too-large");
  else take(body, 0);
  return { notices, ignored };
}

/**
 * The first notice that a message gives. `undefined`: it says nothing of a rotation.
 *
 * @example
 * ```ts
 * import { createSecretClient, noticeInMessage, type SecretSource } from "rekey/client";
 *
 * declare const source: SecretSource;
 * const client = createSecretClient({ source });
 * const receive = (body: string): void => {
 *   const notice = noticeInMessage(body);
 *   if (notice !== undefined) client.invalidate(notice.secretArn, { atLeast: notice.versionId });
 * };
 * ```
 */
export const noticeInMessage = (body: string): SecretNotice | undefined => messageContent(body).notices[0];

/** Hands over what a message says. Settles when its notices are applied; rejects as the sink does. */
export async function deliver(body: string, sink: Required<InvalidationSink>): Promise<void> {
  const { notices, ignored } = messageContent(body);
  for (const reason of ignored) sink.ignored(reason);
  for (const notice of notices) await sink.notice(notice);
}
