import { DeleteMessageBatchCommand, type Message, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { InvalidationSource } from "./invalidation-source.ts";
import { noticeInMessage } from "./notice-in-message.ts";
import { pollingSource } from "./polling-source.ts";

// Services that emit declarations name what they infer by the entry that they import.
export type { InvalidationSource } from "./invalidation-source.ts";

const waitSeconds = 20;

/**
 * Reads rotation notices from a queue by long polling. A message is deleted only after its notice is applied; one that
 * holds no notice is deleted too: the queue is this instance's own, and reading it again would not help.
 */
export function sqsSource({
  sqs,
  queueUrl,
}: {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
}): InvalidationSource {
  async function remove(messages: readonly Message[], abortSignal: AbortSignal): Promise<void> {
    const Entries = messages.map(({ ReceiptHandle = "" }, index) => ({ Id: String(index), ReceiptHandle }));
    if (Entries.length > 0)
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }), { abortSignal });
  }

  return pollingSource(`queue ${queueUrl}`, async (sink, connected, signal) => {
    const receive = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      WaitTimeSeconds: waitSeconds,
      MaxNumberOfMessages: 10,
    });
    const { Messages = [] } = await sqs.send(receive, { abortSignal: signal });
    connected();
    for (const { Body = "" } of Messages) {
      const notice = noticeInMessage(Body);
      if (notice !== undefined) await sink.notice(notice);
    }
    await remove(Messages, signal);
  });
}
