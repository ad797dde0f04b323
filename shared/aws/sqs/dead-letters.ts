import { setTimeout } from "node:timers/promises";
import { PublishCommand, type SNSClient } from "@aws-sdk/client-sns";
import {
  DeleteMessageCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from "@aws-sdk/client-sqs";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";

const pollMs = 1_000;

async function attempt<Result>(
  operation: string,
  { signal }: CallOptions,
  work: (options: { readonly abortSignal: AbortSignal }) => Promise<Result>,
): Promise<Result> {
  try {
    return await work({ abortSignal: signal });
  } catch (error) {
    if (error instanceof RekeyError) throw error;
    const reason = error instanceof Error ? error.name : "unknown";
    const code = signal.aborted ? "time-budget-spent" : "queue-unavailable";
    throw new RekeyError(code, { context: { operation, reason } });
  }
}

async function urlOf(client: SQSClient, queueArn: string, call: CallOptions): Promise<string> {
  const [, , , , account, name] = queueArn.split(":");
  const find = new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account });
  const { QueueUrl = "" } = await attempt("GetQueueUrl", call, async (options) => client.send(find, options));
  return QueueUrl;
}

/**
 * Moves every message of a dead-letter queue back to its source queue, where its tries are counted from the start, and waits
 * until SQS has done so. Returns how many. Only one such task runs for a queue at a time.
 */
async function moveBack(client: SQSClient, deadLetterQueueArn: string, call: CallOptions): Promise<number> {
  const start = new StartMessageMoveTaskCommand({ SourceArn: deadLetterQueueArn });
  const { TaskHandle } = await attempt("StartMessageMoveTask", call, async (options) => client.send(start, options));
  for (;;) {
    const list = new ListMessageMoveTasksCommand({ SourceArn: deadLetterQueueArn, MaxResults: 1 });
    const { Results } = await attempt("ListMessageMoveTasks", call, async (options) => client.send(list, options));
    const task = Results?.[0];
    if (task?.Status === "COMPLETED") return task.ApproximateNumberOfMessagesMoved ?? 0;
    if (task?.Status !== "RUNNING" || (task.TaskHandle !== undefined && task.TaskHandle !== TaskHandle)) {
      const reason = task?.FailureReason ?? task?.Status ?? "unknown";
      throw new RekeyError("queue-unavailable", { context: { operation: "StartMessageMoveTask", reason } });
    }
    await attempt("wait", call, async ({ abortSignal }) => setTimeout(pollMs, undefined, { signal: abortSignal }));
  }
}

/**
 * Gives the events that EventBridge could not deliver to the targets that they were for: it puts them into its dead-letter
 * queue itself, so no queue is their source and SQS cannot place them. Returns how many. Cut in the middle, it has
 * delivered one event twice at most.
 */
async function deliverUndelivered(
  clients: { readonly sqs: SQSClient; readonly sns: SNSClient },
  queueUrl: string,
  call: CallOptions,
): Promise<number> {
  const { sqs, sns } = clients;
  for (let delivered = 0; ; delivered++) {
    const receive = new ReceiveMessageCommand({ QueueUrl: queueUrl, MessageAttributeNames: ["TARGET_ARN"] });
    const { Messages } = await attempt("ReceiveMessage", call, async (options) => sqs.send(receive, options));
    const [message] = Messages ?? [];
    if (message === undefined) return delivered;
    const targetArn = message.MessageAttributes?.["TARGET_ARN"]?.StringValue ?? "";
    const service = targetArn.split(":")[2];
    await attempt("deliver", call, async (options) => {
      if (service === "sns") {
        await sns.send(new PublishCommand({ TopicArn: targetArn, Message: message.Body }), options);
      } else if (service === "sqs") {
        const QueueUrl = await urlOf(sqs, targetArn, call);
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: message.Body }), options);
      } else throw new RekeyError("event-malformed", { context: { problem: "no TARGET_ARN of a queue or a topic" } });
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle }), options);
    });
  }
}

/**
 * Moves what is in a dead-letter queue back: messages to their source queues, where their tries are counted from the start;
 * events that a rule could not deliver to the rule's targets. Returns how many. Errors: `queue-unavailable`,
 * also with SQS's own reason when it could not place a message; `event-malformed` for a message that neither a queue nor a rule
 * has put there; `time-budget-spent`, while SQS may go on.
 */
export async function redrive(
  clients: { readonly sqs: SQSClient; readonly sns: SNSClient },
  queueArn: string,
  call: CallOptions,
): Promise<number> {
  const { sqs } = clients;
  const queueUrl = await urlOf(sqs, queueArn, call);
  const list = new ListDeadLetterSourceQueuesCommand({ QueueUrl: queueUrl, MaxResults: 1 });
  const { queueUrls = [] } = await attempt("ListDeadLetterSourceQueues", call, async (options) =>
    sqs.send(list, options),
  );
  return queueUrls.length > 0 ? moveBack(sqs, queueArn, call) : deliverUndelivered(clients, queueUrl, call);
}
