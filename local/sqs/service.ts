import type { DeliveryTarget } from "../aws/delivery.ts";
import type { Members } from "../../shared/answers/members.ts";
import { optionalInteger, optionalText, text, textList, textRecord } from "../aws/members.ts";
import { readPolicyDocument } from "../aws/policy-document.ts";
import { authorise } from "../aws/iam.ts";
import { AwsError, type AwsCall, type PolicyDocument } from "../aws/service.ts";
import type { Clock } from "../clock.ts";
import { runBatch } from "./batch.ts";
import { md5, md5OfAttributes, readMessageAttributes, selectAttributes } from "./message-attributes.ts";
import { createMoveTasks } from "./move-tasks.ts";
import { createQueue, type Queue, type QueueMessage } from "./queue.ts";
import { checkQueueAttributes, readRedrivePolicy } from "./queue-attributes.ts";
import { defined } from "../../shared/secrets/defined.ts";

export interface SqsOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  /** The front's address, which queue URLs start with; asked for when it listens. */
  readonly endpoint: () => string;
}

export interface Sqs extends DeliveryTarget {
  /** The queue itself, for what consumes it inside the stack. */
  queue(arn: string): Queue | undefined;
  queues(): readonly Queue[];
  /** Ends every long poll. */
  stop(): void;
}

const parameter = (message: string): AwsError => new AwsError("InvalidParameterValue", message);
const noQueue = (): AwsError =>
  new AwsError(
    "QueueDoesNotExist",
    "The specified queue does not exist.",
    400,
    "AWS.SimpleQueueService.NonExistentQueue",
  );

const plural: Readonly<Record<string, string>> = {
  SendMessageBatch: "SendMessage",
  DeleteMessageBatch: "DeleteMessage",
  ChangeMessageVisibilityBatch: "ChangeMessageVisibility",
};

function ranged(input: Members, name: string, min: number, max: number): number | undefined {
  const value = optionalInteger(input, name);
  if (value !== undefined && (value < min || value > max)) {
    throw parameter(`Value ${value} for parameter ${name} is invalid. Reason: Must be between ${min} and ${max}.`);
  }
  return value;
}

function systemAttributes(message: QueueMessage, wanted: readonly string[]): Members | undefined {
  const all: Record<string, string> = {
    SenderId: message.senderId,
    SentTimestamp: String(message.sentAtMs),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs),
    ...defined({ DeadLetterQueueSourceArn: message.deadLetteredFrom }),
  };
  const chosen = Object.entries(all).filter(([name]) => wanted.includes("All") || wanted.includes(name));
  return chosen.length === 0 ? undefined : Object.fromEntries(chosen);
}

/** Amazon SQS in memory: standard queues, with dead-letter queues, long polling and the digests that SDKs verify. */
export function createSqs({ clock, region, accountId, endpoint }: SqsOptions): Sqs {
  const queues = new Map<string, Queue>();
  const stopped = new AbortController();
  const arnOf = (name: string): string => `arn:aws:sqs:${region}:${accountId}:${name}`;
  const urlOf = (queue: Queue): string => `${endpoint()}/${accountId}/${queue.name}`;
  const byArn = (arn: string): Queue | undefined => {
    const queue = queues.get(arn.split(":").at(-1) ?? "");
    return queue?.arn === arn ? queue : undefined;
  };
  const policyOf = (queue: Queue | undefined): PolicyDocument | undefined => {
    const policy = queue?.attributes.get("Policy");
    return policy === undefined ? undefined : readPolicyDocument(policy);
  };
  const queueNameOf = (input: Members): string | undefined =>
    optionalText(input, "QueueUrl")?.split("/").at(-1) ?? optionalText(input, "QueueName");
  const queueOf = (input: Members): Queue => {
    const queue = queues.get(queueNameOf(input) ?? "");
    if (queue === undefined) throw noQueue();
    return queue;
  };
  const moveTasks = createMoveTasks(queues, () => clock.now());

  const send = (queue: Queue, input: Members, { principal, http }: AwsCall): Members => {
    const body = text(input, "MessageBody");
    const attributes = readMessageAttributes(input);
    const limit = Number(queue.attributes.get("MaximumMessageSize"));
    if (body === "") throw new AwsError("MissingParameter", "The request must contain the parameter MessageBody.");
    if (Buffer.byteLength(body) + JSON.stringify(attributes).length > limit) {
      throw parameter(`One or more parameters are invalid. Reason: Message must be shorter than ${limit} bytes.`);
    }
    const delaySeconds = ranged(input, "DelaySeconds", 0, 900);
    const traceHeader = http.headers["x-amzn-trace-id"];
    const chain = typeof traceHeader === "string" ? { traceHeader } : {};
    const { id } = queue.send({ body, attributes, senderId: principal.arn, ...chain }, delaySeconds);
    return { MessageId: id, MD5OfMessageBody: md5(body), MD5OfMessageAttributes: md5OfAttributes(attributes) };
  };

  const receive = async (queue: Queue, { input, http }: AwsCall): Promise<Members> => {
    const signal = AbortSignal.any([stopped.signal, ...(http.signal === undefined ? [] : [http.signal])]);
    const max = ranged(input, "MaxNumberOfMessages", 1, 10) ?? 1;
    const visibilitySeconds = ranged(input, "VisibilityTimeout", 0, 43_200);
    const waitSeconds =
      ranged(input, "WaitTimeSeconds", 0, 20) ?? Number(queue.attributes.get("ReceiveMessageWaitTimeSeconds"));
    const untilMs = clock.now() + waitSeconds * 1000;
    let received = queue.receive(max, visibilitySeconds);
    while (received.length === 0 && clock.now() < untilMs && !signal.aborted) {
      await queue.waitForMessage(untilMs, signal);
      if (signal.aborted) break;
      received = queue.receive(max, visibilitySeconds);
    }
    if (received.length === 0) return {};
    const wantedSystem = [...textList(input, "AttributeNames"), ...textList(input, "MessageSystemAttributeNames")];
    const wanted = textList(input, "MessageAttributeNames");
    return {
      Messages: received.map((message) => {
        const attributes = selectAttributes(message.attributes, wanted);
        return {
          MessageId: message.id,
          ReceiptHandle: message.receiptHandle,
          MD5OfBody: md5(message.body),
          Body: message.body,
          Attributes: systemAttributes(message, wantedSystem),
          MessageAttributes: Object.keys(attributes).length === 0 ? undefined : attributes,
          MD5OfMessageAttributes: md5OfAttributes(attributes),
        };
      }),
    };
  };

  const create = (input: Members): Members => {
    const name = text(input, "QueueName");
    const attributes = textRecord(input, "Attributes");
    if (name.endsWith(".fifo") || "FifoQueue" in attributes) {
      throw new AwsError("UnsupportedOperation", "FIFO queues are not emulated.");
    }
    if (!/^[\w-]{1,80}$/u.test(name)) {
      throw parameter("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.");
    }
    checkQueueAttributes(attributes);
    const existing = queues.get(name);
    const different = Object.entries(attributes).find(([key, value]) => existing?.attributes.get(key) !== value);
    if (existing !== undefined && different !== undefined) {
      const message = `A queue already exists with the same name and a different value for attribute ${different[0]}`;
      throw new AwsError("QueueNameExists", message, 400, "QueueAlreadyExists");
    }
    const queue = existing ?? createQueue(name, arnOf(name), clock, byArn);
    for (const [key, value] of Object.entries(attributes)) queue.attributes.set(key, value);
    queues.set(name, queue);
    return { QueueUrl: urlOf(queue) };
  };

  const describe = (queue: Queue, wanted: readonly string[]): Members => {
    const { visible, inFlight, delayed } = queue.counts();
    const all = Object.entries({
      QueueArn: queue.arn,
      CreatedTimestamp: String(Math.floor(queue.createdAtMs / 1000)),
      LastModifiedTimestamp: String(Math.floor(queue.createdAtMs / 1000)),
      ApproximateNumberOfMessages: String(visible),
      ApproximateNumberOfMessagesNotVisible: String(inFlight),
      ApproximateNumberOfMessagesDelayed: String(delayed),
      ...Object.fromEntries(queue.attributes),
    });
    return { Attributes: Object.fromEntries(all.filter(([name]) => wanted.includes("All") || wanted.includes(name))) };
  };

  const operations: Readonly<Record<string, (input: Members, call: AwsCall) => Members | Promise<Members>>> = {
    CreateQueue: create,
    GetQueueUrl: (input) => ({ QueueUrl: urlOf(queueOf(input)) }),
    ListQueues: (input) => {
      const prefix = optionalText(input, "QueueNamePrefix") ?? "";
      const found = [...queues.values()].filter(({ name }) => name.startsWith(prefix));
      return found.length === 0 ? {} : { QueueUrls: found.map(urlOf) };
    },
    GetQueueAttributes: (input) => describe(queueOf(input), textList(input, "AttributeNames")),
    SetQueueAttributes: (input) => {
      const queue = queueOf(input);
      const attributes = textRecord(input, "Attributes");
      checkQueueAttributes(attributes);
      for (const [name, value] of Object.entries(attributes)) {
        if (value === "") queue.attributes.delete(name);
        else queue.attributes.set(name, value);
      }
      return {};
    },
    DeleteQueue: (input) => {
      const queue = queueOf(input);
      queue.drain();
      queues.delete(queue.name);
      return {};
    },
    PurgeQueue: (input) => {
      queueOf(input).drain();
      return {};
    },
    SendMessage: (input, call) => send(queueOf(input), input, call),
    SendMessageBatch: (input, call) => {
      const queue = queueOf(input);
      return runBatch(input, (entry) => send(queue, entry, call));
    },
    ReceiveMessage: (input, call) => receive(queueOf(input), call),
    DeleteMessage: (input) => {
      queueOf(input).remove(text(input, "ReceiptHandle"));
      return {};
    },
    DeleteMessageBatch: (input) => {
      const queue = queueOf(input);
      return runBatch(input, (entry) => {
        queue.remove(text(entry, "ReceiptHandle"));
        return {};
      });
    },
    ChangeMessageVisibility: (input) => {
      const seconds = ranged(input, "VisibilityTimeout", 0, 43_200) ?? 30;
      queueOf(input).changeVisibility(text(input, "ReceiptHandle"), seconds);
      return {};
    },
    ChangeMessageVisibilityBatch: (input) => {
      const queue = queueOf(input);
      return runBatch(input, (entry) => {
        const seconds = ranged(entry, "VisibilityTimeout", 0, 43_200) ?? 30;
        queue.changeVisibility(text(entry, "ReceiptHandle"), seconds);
        return {};
      });
    },
    ListDeadLetterSourceQueues: (input) => {
      const { arn } = queueOf(input);
      const sources = [...queues.values()].filter(
        ({ attributes }) => readRedrivePolicy(attributes.get("RedrivePolicy"))?.deadLetterTargetArn === arn,
      );
      return { queueUrls: sources.map(urlOf) };
    },
    StartMessageMoveTask: (input, call) =>
      moveTasks.start(input, (queue) =>
        authorise({
          caller: call.principal,
          action: "sqs:SendMessage",
          resource: queue.arn,
          resourcePolicy: policyOf(queue),
          context: { "aws:RequestedRegion": call.region },
        }),
      ),
    ListMessageMoveTasks: (input) => moveTasks.list(input),
  };

  return {
    name: "sqs",
    targets: ["AmazonSQS"],
    action: (operation) => plural[operation] ?? operation,
    resources({ input }) {
      const name = queueNameOf(input);
      return name === undefined ? [] : [arnOf(name)];
    },
    resourcePolicy: (arn) => policyOf(byArn(arn)),
    async handle(call) {
      const operation = Object.hasOwn(operations, call.operation) ? operations[call.operation] : undefined;
      if (operation === undefined) {
        throw new AwsError("UnknownOperationException", `The operation ${call.operation} is not emulated.`);
      }
      return { body: await operation(call.input, call) };
    },
    exists: (arn) => byArn(arn) !== undefined,
    keyOf: (arn) => byArn(arn)?.attributes.get("KmsMasterKeyId"),
    async accept({ targetArn, body, caller, messageAttributes = {} }) {
      const senderId = "service" in caller ? caller.service : caller.arn;
      byArn(targetArn)?.send({ body, attributes: messageAttributes, senderId });
    },
    queue: byArn,
    queues: () => [...queues.values()],
    stop: () => stopped.abort(),
  };
}
