import { randomUUID } from "node:crypto";
import { SubscribeCommand, type SNSClient, UnsubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { RekeyError } from "../../errors/rekey-error.ts";
import { keptAlive } from "../kept-alive.ts";
import { failureReason } from "../name-of-thrown.ts";
import { inTime } from "./in-time.ts";
import { secretsFilter } from "./secrets-filter.ts";

export interface SubscriberQueue {
  readonly queueUrl: string;
  /** Whether SNS sends the events of `secrets` alone. Not so when the topic's or the account's filter policies are used up. */
  readonly isFiltered: boolean;
  /** Removes the subscription and the queue, each even when the other one cannot be removed. Idempotent. */
  remove(): Promise<void>;
}

const retentionSeconds = 3_600;
const never = new AbortController().signal;

interface Call {
  readonly abortSignal: AbortSignal;
  readonly requestTimeout: number;
}

/** Does one request, for a caller who waits. Errors: those of the SDK, `invalidation-unavailable` when it takes too long. */
async function step<Answer>(name: string, ms: number, send: (call: Call) => Promise<Answer>): Promise<Answer> {
  try {
    return await keptAlive(inTime(ms, never, async (abortSignal) => send({ abortSignal, requestTimeout: ms + 1_000 })));
  } catch (error) {
    if (!(error instanceof RekeyError)) throw error;
    throw new RekeyError("invalidation-unavailable", {
      context: { source: "subscriber queue", operation: name, reason: error.code },
      hint: "SQS or SNS does not answer: check the network, the VPC's endpoints and proxies, then call it again",
    });
  }
}

/** Somebody has removed it before. */
const isGone = (error: unknown): boolean => /QueueDoesNotExist|NonExistentQueue|NotFound/.test(failureReason(error));

/** AWS's default quota is 200 filter policies for a topic and 10,000 for an account. */
const isOutOfFilters = (error: unknown): boolean =>
  error instanceof Error && error.name === "FilterPolicyLimitExceededException";

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
 * Makes a queue for one instance of a service and subscribes it to rekey's topic; only that topic may send to it. Its name is
 * random, so nothing that an instance left behind blocks another one. What an instance leaves behind when it is killed holds at
 * most an hour of ids.
 *
 * With `secrets` (names, full ARNs, or the beginning of a name with `*` at its end, 150 at most) SNS sends the events of these
 * alone; a change of a filter takes SNS up to 15 minutes. Without a filter policy to be had the queue gets every event, as
 * without `secrets`. When it cannot be subscribed, the queue is removed. A queue that somebody deletes later is not made again:
 * the source that reads it reports that it is gone. Errors, also of `remove`: `option-invalid`, those of the SDK,
 * `invalidation-unavailable` when a request takes longer than `requestTimeoutMs`.
 *
 * @example
 * ```ts
 * import { SNSClient } from "@aws-sdk/client-sns";
 * import { SQSClient } from "@aws-sdk/client-sqs";
 * import { createSubscriberQueue } from "rekey/client/invalidation/subscriber-queue";
 *
 * const topicArn = "arn:aws:sns:eu-central-1:123456789012:rekey";
 * const queue = await createSubscriberQueue({ sqs: new SQSClient(), sns: new SNSClient(), topicArn, secrets: ["prod/*"] });
 * process.once("SIGTERM", () => void queue.remove());
 * ```
 */
export async function createSubscriberQueue(options: {
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly topicArn: string;
  readonly secrets?: readonly string[];
  /** For each of the four or five requests, with all of the SDK's tries. 10,000. */
  readonly requestTimeoutMs?: number;
}): Promise<SubscriberQueue> {
  const { sqs, sns, topicArn, secrets, requestTimeoutMs: ms = 10_000 } = options;
  const filter = secrets === undefined ? undefined : secretsFilter(secrets);
  const create = new CreateQueueCommand({
    QueueName: `rekey-subscriber-${randomUUID()}`,
    Attributes: { MessageRetentionPeriod: String(retentionSeconds), SqsManagedSseEnabled: "true" },
  });
  const { QueueUrl: queueUrl = "" } = await step("CreateQueue", ms, async (call) => sqs.send(create, call));

  async function subscribe(
    queueArn: string,
  ): Promise<{ readonly arn: string | undefined; readonly isFiltered: boolean }> {
    const plain = { TopicArn: topicArn, Protocol: "sqs", Endpoint: queueArn, ReturnSubscriptionArn: true };
    const send = async (Attributes: Readonly<Record<string, string>>): Promise<string | undefined> => {
      const command = new SubscribeCommand({ ...plain, Attributes });
      return (await step("Subscribe", ms, async (call) => sns.send(command, call))).SubscriptionArn;
    };
    try {
      return { arn: await send({ ...filter }), isFiltered: filter !== undefined };
    } catch (error) {
      if (!isOutOfFilters(error)) throw error;
      return { arn: await send({}), isFiltered: false };
    }
  }

  async function allow(): Promise<string> {
    const ask = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ["QueueArn"] });
    const { Attributes } = await step("GetQueueAttributes", ms, async (call) => sqs.send(ask, call));
    const queueArn = Attributes?.["QueueArn"] ?? "";
    const Policy = onlyFrom(topicArn, queueArn);
    const set = new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { Policy } });
    await step("SetQueueAttributes", ms, async (call) => sqs.send(set, call));
    return queueArn;
  }

  async function deleteQueue(): Promise<void> {
    const command = new DeleteQueueCommand({ QueueUrl: queueUrl });
    await step("DeleteQueue", ms, async (call) => sqs.send(command, call));
  }

  try {
    const { arn, isFiltered } = await subscribe(await allow());
    const unsubscribe = new UnsubscribeCommand({ SubscriptionArn: arn });
    return {
      queueUrl,
      isFiltered,
      async remove() {
        const removed = await Promise.allSettled([
          step("Unsubscribe", ms, async (call) => sns.send(unsubscribe, call)),
          deleteQueue(),
        ]);
        for (const each of removed) if (each.status === "rejected" && !isGone(each.reason)) throw each.reason;
      },
    };
  } catch (error) {
    await deleteQueue().catch(() => undefined);
    throw error;
  }
}
