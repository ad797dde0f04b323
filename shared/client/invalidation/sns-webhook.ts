import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { InvalidationSink, InvalidationSource } from "./invalidation-source.ts";
import { noticeInMessage } from "./notice-in-message.ts";
import { type FetchText, type SnsMessage, snsUrl, snsVerifier, unverified } from "./sns-signature.ts";

export interface SnsWebhook extends InvalidationSource {
  /**
   * Takes the body of a POST that SNS made and returns the HTTP status to answer with: 200; 403 when it is not SNS's or not
   * of this topic; 503 when it could not be verified now, so that SNS delivers it again.
   */
  receive(body: string): Promise<200 | 403 | 503>;
}

export interface SnsWebhookOptions {
  /** The only topics that are heard. */
  readonly topicArns: readonly string[];
  readonly fetchText?: FetchText;
}

const fetchTimeoutMs = 5_000;
/** A message has 256 KB at most, and its quotation marks are escaped twice. */
const longestBody = 1_048_576;
/** SNS tries a delivery for an hour at most. */
const oldestMs = 3_600_000;

const fetchOverHttps: FetchText = async (url) => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(fetchTimeoutMs), redirect: "error" });
  if (!answer.ok) throw new RekeyError("invalidation-unavailable", { context: { status: answer.status } });
  return answer.text();
};

function parse(body: string): SnsMessage {
  if (body.length > longestBody) throw unverified("too long");
  try {
    const message: unknown = JSON.parse(body);
    if (typeof message === "object" && message !== null) return message as SnsMessage;
  } catch {
    // Said below.
  }
  throw unverified("not JSON");
}

/**
 * A subscription of SNS over HTTPS: hand each POST's body to `receive`. A subscription is confirmed when it is asked for,
 * and everything is asked for anew then, since notices before it were missed. Errors, to the sink: `event-unverified`.
 */
export function snsWebhook({ topicArns, fetchText = fetchOverHttps }: SnsWebhookOptions): SnsWebhook {
  const sinks = new Set<InvalidationSink>();
  const verify = snsVerifier(fetchText);

  async function apply(message: SnsMessage): Promise<void> {
    if (!topicArns.some((topicArn) => topicArn === message["TopicArn"])) throw unverified("another topic");
    if (!(Math.abs(Date.now() - Date.parse(String(message["Timestamp"]))) < oldestMs)) throw unverified("too old");
    await verify(message);
    if (message["Type"] === "SubscriptionConfirmation") {
      await fetchText(snsUrl(message["SubscribeURL"], message).href);
      for (const sink of sinks) sink.gap();
    }
    if (message["Type"] !== "Notification") return;
    const notice = noticeInMessage(JSON.stringify(message));
    if (notice !== undefined) for (const sink of sinks) await sink.notice(notice);
  }

  return {
    start(sink) {
      sinks.add(sink);
      return { stop: async () => void sinks.delete(sink) };
    },
    async receive(body) {
      try {
        await apply(parse(body));
        return 200;
      } catch (error) {
        const refused = isRekeyError(error, "event-unverified");
        const known = refused ? error : new RekeyError("invalidation-unavailable", { context: { source: "sns" } });
        for (const sink of sinks) sink.error(known);
        return refused ? 403 : 503;
      }
    },
  };
}
