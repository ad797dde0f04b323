import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { awsCall } from "../../../shared/aws/errors/aws-failure.ts";
import type { CallOptions } from "../../../shared/ports/call.ts";

/** A queue that hears a stack's topic, as a service's does. */
export interface Subscriber {
  /** The next message that is there, or comes within seconds, taken out of the queue. */
  next(call: CallOptions): Promise<string | undefined>;
}

export const subscriberOf = (sqs: SQSClient, QueueUrl: string): Subscriber => ({
  async next(call) {
    const receive = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 });
    const { Messages } = await awsCall({ operation: "ReceiveMessage", resource: QueueUrl }, call, async (options) =>
      sqs.send(receive, options),
    );
    const [message] = Messages ?? [];
    if (message === undefined) return undefined;
    const remove = new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle });
    await awsCall({ operation: "DeleteMessage", resource: QueueUrl }, call, async (options) =>
      sqs.send(remove, options),
    );
    return message.Body;
  },
});
