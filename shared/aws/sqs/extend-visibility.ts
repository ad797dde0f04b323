import { ChangeMessageVisibilityCommand, SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";

/** SQS hides a message for 12 hours at most, counted from its receipt. */
const longestHiddenMs = 11 * 3_600_000;
/** SQS forgets a message after 14 days, however often it was received; before that it is sent again. */
const renewAfterMs = 12 * 86_400_000;

export interface ReceivedMessage {
  readonly body: string;
  readonly receiptHandle: string;
  /** Milliseconds since 1970. */
  readonly sentAtMs: number;
}

/**
 * Hides a message for about so long, 11 hours at most. `held`: it comes again. `renewed`: a copy of it does, so this one can
 * go. Errors: `queue-unavailable`, `time-budget-spent`.
 */
export async function extendVisibility(
  { client, queueUrl, nowMs }: { readonly client: SQSClient; readonly queueUrl: string; readonly nowMs: () => number },
  { body, receiptHandle, sentAtMs }: ReceivedMessage,
  waitMs: number,
  { signal }: CallOptions,
): Promise<"held" | "renewed"> {
  const seconds = Math.max(1, Math.ceil(Math.min(waitMs, longestHiddenMs) / 1000));
  const renews = nowMs() - sentAtMs > renewAfterMs;
  try {
    if (renews) {
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }), { abortSignal: signal });
      return "renewed";
    }
    const change = { QueueUrl: queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout: seconds };
    await client.send(new ChangeMessageVisibilityCommand(change), { abortSignal: signal });
    return "held";
  } catch (error) {
    const reason = error instanceof Error ? error.name : "unknown";
    throw new RekeyError(signal.aborted ? "time-budget-spent" : "queue-unavailable", { context: { reason } });
  }
}
