import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import { failureReason } from "../name-of-thrown.ts";
import { guardedSink, type InvalidationSink, type InvalidationSource } from "./invalidation-source.ts";
import { inTime } from "./in-time.ts";
import { deliver } from "./notice-in-message.ts";
import { fetchOverHttps } from "./sns-fetch.ts";
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
  /** For each certificate and each confirmation. 5,000. */
  readonly fetchTimeoutMs?: number;
}

/** A message has 256 KB at most, and its quotation marks are escaped twice. */
const longestBody = 1_048_576;
/** SNS tries a delivery for an hour at most. */
const oldestMs = 3_600_000;
/** SNS waits this long for an answer. */
const applyTimeoutMs = 15_000;
/** Whoever reaches the webhook can make a fetch fail. Such failures are reported at most this often. */
const reportEveryMs = 60_000;

function parse(body: unknown): SnsMessage {
  // Some frameworks hand over bytes, others have parsed the body already.
  const text = body instanceof Uint8Array ? new TextDecoder().decode(body) : body;
  if (typeof text !== "string") throw unverified("not a text: hand over the body as it came");
  if (text.length > longestBody) throw unverified("too long");
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    throw unverified("not JSON");
  }
  if (typeof message === "object" && message !== null) return message as SnsMessage;
  throw unverified("not JSON");
}

/**
 * A subscription of SNS over HTTPS: hand each POST's body to `receive`. A subscription is confirmed when it is asked for,
 * and everything is asked for again then, since notices before it were missed. Errors, to the sink: `event-unverified`,
 * `invalidation-unavailable`.
 *
 * @example
 * ```ts
 * import { createServer } from "node:http";
 * import { text } from "node:stream/consumers";
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { snsWebhook } from "rekey/client/invalidation/sns";
 *
 * declare const source: SecretSource;
 * const webhook = snsWebhook({ topicArns: ["arn:aws:sns:eu-central-1:123456789012:rekey"] });
 * createSecretClient({ source }).subscribe(webhook);
 * createServer(async (request, response) => {
 *   response.writeHead(await webhook.receive(await text(request))).end();
 * }).listen(8080);
 * ```
 */
export function snsWebhook(options: SnsWebhookOptions): SnsWebhook {
  const { topicArns, fetchTimeoutMs = 5_000, fetchText = fetchOverHttps(fetchTimeoutMs) } = options;
  const sinks = new Set<Required<InvalidationSink>>();
  const never = new AbortController().signal;
  const fetchInTime: FetchText = async (url) => inTime(fetchTimeoutMs, never, async () => fetchText(url));
  const verify = snsVerifier(fetchInTime);
  let reportedAtMs = -Infinity;

  /** Every sink hears of it. Rejects when one of them could not apply it. */
  async function tell(message: string): Promise<void> {
    const told = [...sinks].map(async (sink) => {
      await inTime(applyTimeoutMs, never, async () => deliver(message, sink));
      sink.heard();
    });
    const failed = (await Promise.allSettled(told)).find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async function apply(message: SnsMessage): Promise<void> {
    if (!topicArns.some((topicArn) => topicArn === message["TopicArn"])) throw unverified("another topic");
    if (!(Math.abs(Date.now() - Date.parse(String(message["Timestamp"]))) < oldestMs)) throw unverified("too old");
    await verify(message);
    if (message["Type"] === "SubscriptionConfirmation") {
      await fetchInTime(snsUrl(message["SubscribeURL"], message).href);
      for (const sink of sinks) sink.gap();
      for (const sink of sinks) sink.heard();
    }
    if (message["Type"] === "Notification") await tell(String(message["Message"]));
  }

  function fail(error: unknown): 403 | 503 {
    if (isRekeyError(error, "event-unverified")) {
      for (const sink of sinks) sink.error(error);
      return 403;
    }
    if (performance.now() - reportedAtMs >= reportEveryMs) {
      reportedAtMs = performance.now();
      const context = { source: "sns", reason: failureReason(error) };
      const hint = "SNS delivers the message again; let this process reach SNS over https, for its certificates";
      for (const sink of sinks) sink.error(new RekeyError("invalidation-unavailable", { context, hint }));
    }
    return 503;
  }

  return {
    name: "sns",
    tellsWhenHeard: true,
    start(given) {
      const sink = guardedSink(given);
      sinks.add(sink);
      return { stop: async () => void sinks.delete(sink) };
    },
    async receive(body) {
      try {
        await apply(parse(body));
        return 200;
      } catch (error) {
        return fail(error);
      }
    },
  };
}
