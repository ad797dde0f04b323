import { randomUUID } from "node:crypto";
import type { MessageAttributes } from "../aws/delivery.ts";
import { AwsError } from "../aws/service.ts";
import type { Clock } from "../clock.ts";
import { initialQueueAttributes, readRedrivePolicy } from "./queue-attributes.ts";
import { defined } from "../../shared/secrets/defined.ts";

export interface QueueMessage {
  readonly id: string;
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly senderId: string;
  readonly sentAtMs: number;
  /** Of the function that sent it, by which Lambda counts a chain. */
  readonly traceHeader?: string;
  /** The queue that gave it up, for a message in a dead-letter queue. */
  readonly deadLetteredFrom?: string;
  firstReceivedAtMs?: number;
  receiveCount: number;
  /** Hidden until then: delayed, or in flight. */
  visibleAtMs: number;
  receiptHandle?: string;
}

export interface Queue {
  readonly arn: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly attributes: Map<string, string>;
  send(
    message: Pick<QueueMessage, "body" | "attributes" | "senderId" | "traceHeader">,
    delaySeconds?: number,
  ): QueueMessage;
  /** Puts a message that another queue gave up at the end of this one; it keeps its id and its age. */
  adopt(message: QueueMessage, from?: string): void;
  /** At most `max` visible messages, each hidden from then on. Those received too often go to the dead-letter queue. */
  receive(max: number, visibilityTimeoutSeconds?: number): readonly QueueMessage[];
  /** Waits until a message can be received, the clock reaches `untilMs`, or the signal fires. */
  waitForMessage(untilMs: number, signal: AbortSignal): Promise<void>;
  /** An older receipt of a message that was received again does nothing. Errors: `ReceiptHandleIsInvalid`. */
  remove(receiptHandle: string): void;
  /** Errors: `ReceiptHandleIsInvalid`, `MessageNotInflight`. */
  changeVisibility(receiptHandle: string, timeoutSeconds: number): void;
  counts(): { readonly visible: number; readonly inFlight: number; readonly delayed: number };
  /** Every message, in flight or not, in order of arrival. */
  messages(): readonly QueueMessage[];
  /** Takes every message out. */
  drain(): readonly QueueMessage[];
}

/** A standard queue. `queueByArn` finds its dead-letter queue. */
export function createQueue(
  name: string,
  arn: string,
  clock: Clock,
  queueByArn: (arn: string) => Queue | undefined,
): Queue {
  let messages: QueueMessage[] = [];
  const waiting = new Set<() => void>();
  const attributes = initialQueueAttributes();
  const seconds = (attribute: string): number => Number(attributes.get(attribute) ?? 0);

  const wake = (): void => {
    for (const resume of waiting) resume();
  };
  const hide = (message: QueueMessage, forSeconds: number, nowMs: number = clock.now()): void => {
    message.visibleAtMs = nowMs + forSeconds * 1000;
    if (forSeconds === 0) wake();
    else clock.at(message.visibleAtMs, wake);
  };
  const drop = (message: QueueMessage): void => {
    messages = messages.filter((kept) => kept !== message);
  };
  const expire = (): void => {
    const oldestMs = clock.now() - seconds("MessageRetentionPeriod") * 1000;
    messages = messages.filter((message) => message.sentAtMs > oldestMs);
  };
  const visible = (): QueueMessage[] => {
    expire();
    return messages.filter((message) => message.visibleAtMs <= clock.now());
  };
  const find = (receiptHandle: string): QueueMessage | undefined => {
    if (!/^[0-9a-f-]{36}\.[0-9a-f-]{36}$/u.test(receiptHandle)) {
      throw new AwsError(
        "ReceiptHandleIsInvalid",
        `The input receipt handle "${receiptHandle}" is not a valid receipt handle.`,
      );
    }
    return messages.find((message) => message.receiptHandle === receiptHandle);
  };

  const queue: Queue = {
    arn,
    name,
    createdAtMs: clock.now(),
    attributes,
    send(content, delaySeconds = seconds("DelaySeconds")) {
      const sentAtMs = clock.now();
      const message: QueueMessage = { ...content, id: randomUUID(), sentAtMs, receiveCount: 0, visibleAtMs: sentAtMs };
      messages.push(message);
      hide(message, delaySeconds);
      return message;
    },
    adopt(message, from) {
      const { id, body, attributes, senderId, sentAtMs, traceHeader } = message;
      const moved = { id, body, attributes, senderId, sentAtMs, receiveCount: 0, visibleAtMs: clock.now() };
      const chain = defined({ traceHeader });
      messages.push({ ...moved, ...chain, ...defined({ deadLetteredFrom: from }) });
      wake();
    },
    receive(max, visibilityTimeoutSeconds = seconds("VisibilityTimeout")) {
      const redrive = readRedrivePolicy(attributes.get("RedrivePolicy"));
      const deadLetters = redrive && queueByArn(redrive.deadLetterTargetArn);
      const received: QueueMessage[] = [];
      // A batch that is not deleted comes back as one.
      const nowMs = clock.now();
      for (const message of visible()) {
        if (received.length === max) break;
        if (redrive !== undefined && deadLetters !== undefined && message.receiveCount >= redrive.maxReceiveCount) {
          drop(message);
          deadLetters.adopt(message, arn);
          continue;
        }
        message.receiveCount += 1;
        message.firstReceivedAtMs ??= nowMs;
        message.receiptHandle = `${message.id}.${randomUUID()}`;
        hide(message, visibilityTimeoutSeconds, nowMs);
        received.push({ ...message });
      }
      return received;
    },
    async waitForMessage(untilMs, signal) {
      if (visible().length > 0 || clock.now() >= untilMs || signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const done = (): void => resolve();
      const cancel = clock.at(untilMs, done);
      waiting.add(done);
      signal.addEventListener("abort", done, { once: true });
      await promise;
      cancel();
      waiting.delete(done);
      signal.removeEventListener("abort", done);
    },
    remove(receiptHandle) {
      const message = find(receiptHandle);
      if (message !== undefined) drop(message);
    },
    changeVisibility(receiptHandle, timeoutSeconds) {
      const message = find(receiptHandle);
      if (message === undefined || message.visibleAtMs <= clock.now()) {
        throw new AwsError(
          "MessageNotInflight",
          `Value ${receiptHandle} for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.`,
          400,
          "AWS.SimpleQueueService.MessageNotInflight",
        );
      }
      hide(message, timeoutSeconds);
    },
    counts() {
      const seen = visible().length;
      const inFlight = messages.filter(
        (message) => message.visibleAtMs > clock.now() && message.receiptHandle !== undefined,
      ).length;
      return { visible: seen, inFlight, delayed: messages.length - seen - inFlight };
    },
    messages() {
      expire();
      return messages;
    },
    drain() {
      const all = messages;
      messages = [];
      return all;
    },
  };
  return queue;
}
