import { isMembers } from "../../shared/answers/members.ts";
import { AwsError } from "../aws/service.ts";
import type { Clock } from "../clock.ts";
import { md5 } from "../sqs/message-attributes.ts";
import type { Queue, QueueMessage } from "../sqs/queue.ts";
import type { InvocationOutcome } from "./container.ts";
import { runsOf } from "./lineage.ts";
import { defined } from "../../shared/secrets/defined.ts";

export interface QueueMappingOptions {
  readonly queue: Queue;
  readonly region: string;
  readonly clock: Clock;
  readonly functionTimeoutMs: number;
  /** 1-10,000; default 10. */
  readonly batchSize?: number;
  /** How long a batch is gathered, on the clock. Default 0. */
  readonly batchWindowMs?: number;
  readonly reportBatchItemFailures?: boolean;
  /** Batches at the same time. Default 5, as Lambda's pollers start with. */
  readonly maximumConcurrency?: number;
  readonly functionArn: string;
  /** `event` is JSON. */
  readonly invoke: (event: string, chain: { readonly traceHeader: string | undefined }) => Promise<InvocationOutcome>;
}

const asRecord = (message: QueueMessage, queueArn: string, region: string): Readonly<Record<string, unknown>> => ({
  messageId: message.id,
  receiptHandle: message.receiptHandle,
  body: message.body,
  attributes: {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAtMs),
    SenderId: message.senderId,
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs),
    ...defined({ AWSTraceHeader: message.traceHeader }),
  },
  messageAttributes: Object.fromEntries(
    Object.entries(message.attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
      name,
      { dataType: DataType, stringValue: StringValue, binaryValue: BinaryValue },
    ]),
  ),
  md5OfBody: md5(message.body),
  eventSource: "aws:sqs",
  eventSourceARN: queueArn,
  awsRegion: region,
});

/** The ids that a partial batch response names; `undefined` for a response that makes the whole batch fail. */
function failedIds(payload: string, batch: readonly QueueMessage[]): ReadonlySet<string> | undefined {
  const response: unknown = JSON.parse(payload);
  const failures = isMembers(response) ? (response["batchItemFailures"] ?? []) : [];
  if (!Array.isArray(failures)) return undefined;
  const known = new Set(batch.map(({ id }) => id));
  const ids = new Set<string>();
  for (const failure of failures) {
    const id: unknown = isMembers(failure) ? failure["itemIdentifier"] : undefined;
    if (typeof id !== "string" || !known.has(id)) return undefined;
    ids.add(id);
  }
  return ids;
}

/**
 * Feeds a function from a queue: what succeeded is deleted, the rest becomes visible again after the queue's visibility
 * timeout and ends in its dead-letter queue. Errors: `InvalidParameterValueException` when the visibility timeout is
 * shorter than the function's. Returns a way to stop.
 */
export function mapQueue(options: QueueMappingOptions): () => void {
  const { queue, region, clock, invoke, batchSize = 10, batchWindowMs = 0 } = options;
  const visibilityMs = Number(queue.attributes.get("VisibilityTimeout")) * 1000;
  if (visibilityMs < options.functionTimeoutMs) {
    throw new AwsError(
      "InvalidParameterValueException",
      `Queue visibility timeout: ${visibilityMs / 1000} seconds is less than Function timeout: ${options.functionTimeoutMs / 1000} seconds`,
    );
  }
  const stopped = new AbortController();

  const gather = async (): Promise<readonly QueueMessage[]> => {
    await queue.waitForMessage(Infinity, stopped.signal);
    if (stopped.signal.aborted) return [];
    const batch = [...queue.receive(batchSize)];
    const untilMs = clock.now() + batchWindowMs;
    while (batch.length > 0 && batch.length < batchSize && clock.now() < untilMs && !stopped.signal.aborted) {
      await queue.waitForMessage(untilMs, stopped.signal);
      batch.push(...queue.receive(batchSize - batch.length));
    }
    return batch;
  };
  const poll = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      const batch = await gather();
      if (batch.length === 0 || stopped.signal.aborted) continue;
      const event = { Records: batch.map((message) => asRecord(message, queue.arn, region)) };
      // A batch goes on with the longest of its messages' chains.
      const [traceHeader] = batch
        .map((message) => message.traceHeader)
        .sort((a, b) => runsOf(options.functionArn, b) - runsOf(options.functionArn, a));
      const outcome = await invoke(JSON.stringify(event), { traceHeader });
      if (!outcome.ok) continue;
      const failed = options.reportBatchItemFailures ? failedIds(outcome.payload, batch) : new Set<string>();
      for (const { id, receiptHandle } of batch) {
        if (failed?.has(id) === false && receiptHandle !== undefined) queue.remove(receiptHandle);
      }
    }
  };
  for (let poller = 0; poller < (options.maximumConcurrency ?? 5); poller += 1) void poll();
  return () => stopped.abort();
}
