import { SendMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { TaskQueue } from "../../ports/task-queue.ts";

/** Sends messages to one queue, as JSON. */
export function sqsTaskQueue(client: SQSClient, queueUrl: string): TaskQueue {
  return {
    async send(message, { signal }) {
      try {
        const command = new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(message) });
        await client.send(command, { abortSignal: signal });
      } catch (error) {
        const reason = error instanceof Error ? error.name : "unknown";
        const code = signal.aborted ? "time-budget-spent" : "queue-unavailable";
        throw new RekeyError(code, { context: { operation: "SendMessage", reason } });
      }
    },
  };
}
