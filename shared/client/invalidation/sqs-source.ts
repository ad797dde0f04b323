import { setTimeout as sleep } from "node:timers/promises";
import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { RekeyError } from "../../errors/rekey-error.ts";
import { noticeInMessage, type SecretNotice } from "./notice-in-message.ts";

export interface SqsSourceOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  /** A message is deleted only after this has returned. */
  readonly onNotice: (notice: SecretNotice) => void | Promise<void>;
  /** Called after the queue could not be read for a while: notices may have been missed, so everything must be asked anew. */
  readonly onGap?: () => void;
  readonly onError?: (error: RekeyError) => void;
}

const waitSeconds = 20;
const firstBackOffMs = 200;
const longestBackOffMs = 30_000;

/**
 * Reads rotation notices from a queue by long polling until it is stopped. A message that holds no notice is deleted too:
 * the queue is this instance's own, and reading it again would not help. Errors: `invalidation-unavailable`, to `onError`.
 */
export function startSqsSource(options: SqsSourceOptions): { stop(): Promise<void> } {
  const { sqs, queueUrl, onNotice, onGap = () => undefined, onError = () => undefined } = options;
  const stopping = new AbortController();
  const { signal } = stopping;

  async function apply(messages: readonly Message[]): Promise<void> {
    for (const { Body = "" } of messages) {
      const notice = noticeInMessage(Body);
      if (notice !== undefined) await onNotice(notice);
    }
    const Entries = messages.map(({ ReceiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle: ReceiptHandle ?? "",
    }));
    if (Entries.length > 0)
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }), { abortSignal: signal });
  }

  async function poll(): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        const receive = new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          WaitTimeSeconds: waitSeconds,
          MaxNumberOfMessages: 10,
        });
        const { Messages = [] } = await sqs.send(receive, { abortSignal: signal });
        if (failures > 0) onGap();
        failures = 0;
        await apply(Messages);
      } catch (error) {
        if (signal.aborted) return;
        const reason = error instanceof Error ? error.name : "unknown";
        onError(new RekeyError("invalidation-unavailable", { context: { queue: queueUrl, reason } }));
        const backOffMs = Math.min(firstBackOffMs * 2 ** failures++, longestBackOffMs);
        await sleep(backOffMs * (0.5 + Math.random() / 2), undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  const polling = poll();
  return {
    async stop() {
      stopping.abort();
      await polling;
    },
  };
}
