import { setTimeout as sleep } from "node:timers/promises";
import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { RekeyError } from "../../errors/rekey-error.ts";
import { failureReason } from "../name-of-thrown.ts";
import { inTime } from "./in-time.ts";
import type { InvalidationSink, InvalidationSource } from "./invalidation-source.ts";
import { deliver } from "./notice-in-message.ts";
import { pollingSource } from "./polling-source.ts";
import { sqsHint } from "./sqs-hint.ts";

// Services that emit declarations name what they infer by the entry that they import.
export type { InvalidationSource } from "./invalidation-source.ts";

export interface SqsSourceOptions {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  /** For a long poll, with all of the SDK's tries. A poll is asked to wait two thirds of it, at most 20 s. 30,000. */
  readonly receiveTimeoutMs?: number;
  /** For the other requests: a short poll after a failure, and the deletion of messages. 10,000. */
  readonly requestTimeoutMs?: number;
}

const longestWaitSeconds = 20;
/** Between two polls, when even a second is too long a poll. */
const pauseMs = 2_000;
/** How long a sink may take to apply a notice: until the queue shows its message again. */
const applyTimeoutMs = 30_000;
/** By then a message that could not be deleted has come again, and is deleted, or is gone. */
const reappearMs = 90_000;

/**
 * Reads rotation notices from a queue by long polling. A message is deleted only after its notice is applied; one that
 * holds no notice is deleted too: the queue is this instance's own, and reading it again would not help.
 *
 * Every request has a deadline of its own, which takes the place of the client's `requestTimeout`. A failure is followed by a
 * short poll, so that a dead connection is found soon. When long polls are cut off while short ones are answered, as by a
 * `socketTimeout` or a firewall, they become shorter. Errors: `invalidation-unavailable`, to the sink.
 *
 * @example
 * ```ts
 * import { SQSClient } from "@aws-sdk/client-sqs";
 * import { createSecretClient, type SecretSource } from "rekey/client";
 * import { sqsSource } from "rekey/client/invalidation/sqs";
 *
 * declare const source: SecretSource;
 * const queueUrl = "https://sqs.eu-central-1.amazonaws.com/123456789012/orders-1";
 * createSecretClient({ source }).subscribe(sqsSource({ sqs: new SQSClient(), queueUrl }));
 * ```
 */
export function sqsSource(options: SqsSourceOptions): InvalidationSource {
  const { sqs, queueUrl, receiveTimeoutMs = 30_000, requestTimeoutMs = 10_000 } = options;
  const name = `queue ${queueUrl}`;
  if (!(receiveTimeoutMs > 0 && requestTimeoutMs > 0))
    throw new RekeyError("option-invalid", { context: { option: "receiveTimeoutMs or requestTimeoutMs" } });
  let waitSeconds = Math.min(longestWaitSeconds, Math.floor(receiveTimeoutMs / 1_500));
  let cutOff = 0;
  let isAnswered = false;
  let undeletedUntilMs = 0;

  async function receive(seconds: number, signal: AbortSignal): Promise<readonly Message[]> {
    const timeoutMs = seconds === 0 ? requestTimeoutMs : receiveTimeoutMs;
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      WaitTimeSeconds: seconds,
      MaxNumberOfMessages: 10,
    });
    const { Messages = [] } = await inTime(timeoutMs, signal, async (abortSignal) =>
      // A little longer than the deadline, so that only one of the two is heard.
      sqs.send(command, { abortSignal, requestTimeout: timeoutMs + 1_000 }),
    );
    return Messages;
  }

  /** Whether its notices are applied. One that cannot be comes again, and keeps no other one back. */
  async function apply(
    { Body = "" }: Message,
    sink: Required<InvalidationSink>,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      await inTime(applyTimeoutMs, signal, async () => deliver(Body, sink));
      return true;
    } catch (error) {
      if (!signal.aborted) fail(sink, "apply", failureReason(error));
      return false;
    }
  }

  function fail(sink: InvalidationSink, operation: string, reason: string): void {
    const context = { source: name, operation, reason };
    sink.error(new RekeyError("invalidation-unavailable", { context, hint: sqsHint(reason) }));
  }

  /** What cannot be deleted comes again, which is no gap. */
  async function remove(messages: readonly Message[], sink: InvalidationSink, signal: AbortSignal): Promise<void> {
    if (messages.length === 0) return;
    const Entries = messages.map(({ ReceiptHandle = "" }, index) => ({ Id: String(index), ReceiptHandle }));
    const command = new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries });
    let reason: string | undefined;
    try {
      const { Failed: [failed] = [] } = await inTime(requestTimeoutMs, signal, async (abortSignal) =>
        sqs.send(command, { abortSignal, requestTimeout: requestTimeoutMs + 1_000 }),
      );
      if (failed !== undefined) reason = failureReason(Object.assign(new Error(), { name: failed.Code }));
    } catch (error) {
      if (signal.aborted) return;
      reason = failureReason(error);
    }
    undeletedUntilMs = reason === undefined ? 0 : performance.now() + reappearMs;
    if (reason !== undefined) fail(sink, "DeleteMessageBatch", reason);
  }

  return pollingSource(
    name,
    async (sink, connected, signal) => {
      const seconds = isAnswered ? waitSeconds : 0;
      let messages: readonly Message[];
      try {
        messages = await receive(seconds, signal);
      } catch (error) {
        isAnswered = false;
        if (seconds > 0 && ["TimeoutError", "time-budget-spent"].includes(failureReason(error))) cutOff++;
        throw error;
      }
      if (seconds > 0) cutOff = 0;
      else if (cutOff >= 2) [waitSeconds, cutOff] = [Math.floor(waitSeconds / 2), 0];
      isAnswered = true;
      connected();
      const isApplied = await Promise.all(messages.map(async (message) => apply(message, sink, signal)));
      await remove(
        messages.filter((_message, index) => isApplied[index]),
        sink,
        signal,
      );
      if (!isApplied.includes(false) && performance.now() >= undeletedUntilMs) sink.heard();
      if (waitSeconds === 0) await sleep(pauseMs, undefined, { signal, ref: false });
    },
    sqsHint,
  );
}
