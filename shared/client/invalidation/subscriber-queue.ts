import { randomUUID } from "node:crypto";
import { SubscribeCommand, type SNSClient, UnsubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";

export interface SubscriberQueue {
  readonly queueUrl: string;
  /** Removes the subscription and the queue. */
  remove(): Promise<void>;
}

const retentionSeconds = 3_600;

/**
 * Makes a queue for one instance of a service and subscribes it to rekey's topic; only that topic may send to it. What an
 * instance leaves behind when it is killed holds at most an hour of ids.
 */
export async function createSubscriberQueue(options: {
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly topicArn: string;
}): Promise<SubscriberQueue> {
  const { sqs, sns, topicArn } = options;
  const created = await sqs.send(
    new CreateQueueCommand({
      QueueName: `rekey-subscriber-${randomUUID()}`,
      Attributes: { MessageRetentionPeriod: String(retentionSeconds), SqsManagedSseEnabled: "true" },
    }),
  );
  const queueUrl = created.QueueUrl ?? "";
  async function subscribe(): Promise<string | undefined> {
    const { Attributes = {} } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["QueueArn"] }),
    );
    const queueArn = Attributes["QueueArn"] ?? "";
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "sns.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: queueArn,
          Condition: { ArnEquals: { "aws:SourceArn": topicArn } },
        },
      ],
    });
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { Policy } }));
    const { SubscriptionArn } = await sns.send(
      new SubscribeCommand({ TopicArn: topicArn, Protocol: "sqs", Endpoint: queueArn }),
    );
    return SubscriptionArn;
  }
  const remove = async (): Promise<unknown> => sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
  const SubscriptionArn = await subscribe().catch(async (error: unknown) => {
    await remove().catch(() => undefined);
    throw error;
  });
  return {
    queueUrl,
    async remove() {
      await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
      await remove();
    },
  };
}
