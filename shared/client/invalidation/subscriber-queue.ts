import { randomUUID } from "node:crypto";
import { SubscribeCommand, type SNSClient, UnsubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { secretsFilter } from "./secrets-filter.ts";

export interface SubscriberQueue {
  readonly queueUrl: string;
  /** Whether SNS sends the events of `secrets` alone. Not so when the topic's or the account's filter policies are used up. */
  readonly isFiltered: boolean;
  /** Removes the subscription and the queue. */
  remove(): Promise<void>;
}

const retentionSeconds = 3_600;

/** AWS's default quota is 200 filter policies for a topic and 10,000 for an account. */
const isOutOfFilters = (error: unknown): boolean =>
  error instanceof Error && error.name === "FilterPolicyLimitExceededException";

async function queueArnOf(sqs: SQSClient, queueUrl: string): Promise<string> {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["QueueArn"] });
  return (await sqs.send(command)).Attributes?.["QueueArn"] ?? "";
}

const onlyFrom = (topicArn: string, queueArn: string): string =>
  JSON.stringify({
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

/**
 * Makes a queue for one instance of a service and subscribes it to rekey's topic; only that topic may send to it. What an
 * instance leaves behind when it is killed holds at most an hour of ids.
 *
 * With `secrets` (names, full ARNs, or the beginning of a name with `*` at its end, 150 at most) SNS sends the events of these
 * alone; a change of a filter takes SNS up to 15 minutes. Without a filter policy to be had the queue gets every event, as
 * without `secrets`. When it cannot be subscribed, the queue is removed. Errors: `option-invalid`, and those of the SDK.
 */
export async function createSubscriberQueue(options: {
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly topicArn: string;
  readonly secrets?: readonly string[];
}): Promise<SubscriberQueue> {
  const { sqs, sns, topicArn, secrets } = options;
  const filter = secrets === undefined ? undefined : secretsFilter(secrets);
  const created = await sqs.send(
    new CreateQueueCommand({
      QueueName: `rekey-subscriber-${randomUUID()}`,
      Attributes: { MessageRetentionPeriod: String(retentionSeconds), SqsManagedSseEnabled: "true" },
    }),
  );
  const queueUrl = created.QueueUrl ?? "";

  async function subscribe(
    queueArn: string,
  ): Promise<{ readonly arn: string | undefined; readonly isFiltered: boolean }> {
    const plain = { TopicArn: topicArn, Protocol: "sqs", Endpoint: queueArn, ReturnSubscriptionArn: true };
    try {
      const { SubscriptionArn: arn } = await sns.send(new SubscribeCommand({ ...plain, Attributes: { ...filter } }));
      return { arn, isFiltered: filter !== undefined };
    } catch (error) {
      if (!isOutOfFilters(error)) throw error;
      return { arn: (await sns.send(new SubscribeCommand(plain))).SubscriptionArn, isFiltered: false };
    }
  }

  try {
    const queueArn = await queueArnOf(sqs, queueUrl);
    const Policy = onlyFrom(topicArn, queueArn);
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { Policy } }));
    const { arn, isFiltered } = await subscribe(queueArn);
    return {
      queueUrl,
      isFiltered,
      async remove() {
        await sns.send(new UnsubscribeCommand({ SubscriptionArn: arn }));
        await sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
      },
    };
  } catch (error) {
    await sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl })).catch(() => undefined);
    throw error;
  }
}
