import { GetQueueAttributesCommand, ListQueuesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import type { DeadLetters } from "../../ports/account.ts";

/** As CloudFormation begins the names of the template's dead-letter queues. */
const prefixesOf = (stack: string): readonly string[] => [
  `${stack}-DeadLetterQueue`,
  `${stack}-UndeliveredEventsQueue`,
];

/** What waits in the dead-letter queues of a stack, counted by SQS about right; nothing is received. */
export function waitingLetters(client: SQSClient, stack: string): DeadLetters {
  return async ({ signal }) => {
    const waiting: { queueArn: string; messages: number }[] = [];
    try {
      for (const QueueNamePrefix of prefixesOf(stack)) {
        const list = new ListQueuesCommand({ QueueNamePrefix });
        const { QueueUrls = [] } = await client.send(list, { abortSignal: signal });
        for (const QueueUrl of QueueUrls) {
          const ask = new GetQueueAttributesCommand({
            QueueUrl,
            AttributeNames: ["QueueArn", "ApproximateNumberOfMessages"],
          });
          const { Attributes = {} } = await client.send(ask, { abortSignal: signal });
          const { QueueArn: queueArn = QueueUrl, ApproximateNumberOfMessages: messages = "0" } = Attributes;
          if (Number(messages) > 0) waiting.push({ queueArn, messages: Number(messages) });
        }
      }
    } catch {
      return undefined;
    }
    return waiting;
  };
}
