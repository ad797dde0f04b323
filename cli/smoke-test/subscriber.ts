import { type SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueUrlCommand,
  ListQueueTagsCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { awsCall } from "../../shared/account/aws-failure.ts";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import type { CallOptions } from "../../shared/rotation/ports.ts";
import { awsErrorName } from "../../shared/stores/translate-error.ts";
import { tagKey } from "./smoke-names.ts";

/** A queue that hears a stack's topic, as a service's does. */
export interface Subscriber {
  /** The next message that is there, or comes within seconds, taken out of the queue. */
  next(call: CallOptions): Promise<string | undefined>;
}

interface Clients {
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
}

const isAbsent = (error: unknown): boolean => /NonExistentQueue|QueueDoesNotExist/.test(awsErrorName(error));

export async function makeSubscriber(
  { sqs, sns }: Clients,
  queue: { readonly name: string; readonly arn: string; readonly topicArn: string; readonly id: string },
  call: CallOptions,
): Promise<Subscriber> {
  const { name, arn, topicArn, id } = queue;
  const statement = {
    Effect: "Allow",
    Principal: { Service: "sns.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: arn,
    Condition: { ArnEquals: { "aws:SourceArn": topicArn } },
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  const create = new CreateQueueCommand({ QueueName: name, Attributes: { Policy }, tags: { [tagKey]: id } });
  const { QueueUrl } = await awsCall({ operation: "CreateQueue", resource: name }, call, async (options) =>
    sqs.send(create, options),
  );
  const Attributes = { RawMessageDelivery: "true" };
  const subscribe = new SubscribeCommand({ TopicArn: topicArn, Protocol: "sqs", Endpoint: arn, Attributes });
  await awsCall({ operation: "Subscribe", resource: topicArn }, call, async (options) => sns.send(subscribe, options));
  return {
    async next(at) {
      const receive = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 });
      const { Messages } = await awsCall({ operation: "ReceiveMessage", resource: name }, at, async (options) =>
        sqs.send(receive, options),
      );
      const [message] = Messages ?? [];
      if (message === undefined) return undefined;
      const remove = new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle });
      await awsCall({ operation: "DeleteMessage", resource: name }, at, async (options) => sqs.send(remove, options));
      return message.Body;
    },
  };
}

/** Whether there was one; its subscription goes with the topic. Errors: `option-invalid` for a queue that is not the run's. */
export async function removeSubscriber(sqs: SQSClient, name: string, id: string, call: CallOptions): Promise<boolean> {
  const QueueUrl = await awsCall({ operation: "GetQueueUrl", resource: name }, call, async (options) => {
    try {
      return (await sqs.send(new GetQueueUrlCommand({ QueueName: name }), options)).QueueUrl;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  });
  if (QueueUrl === undefined) return false;
  const { Tags = {} } = await awsCall({ operation: "ListQueueTags", resource: name }, call, async (options) =>
    sqs.send(new ListQueueTagsCommand({ QueueUrl }), options),
  );
  if (Tags[tagKey] !== id) {
    const context = { option: "clean-up", queue: name, problem: `it has no tag ${tagKey}=${id}` };
    throw new RekeyError("option-invalid", { context, hint: "it is not this run's: look at it yourself" });
  }
  await awsCall({ operation: "DeleteQueue", resource: name }, call, async (options) =>
    sqs.send(new DeleteQueueCommand({ QueueUrl }), options),
  );
  return true;
}
