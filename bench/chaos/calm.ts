import { setTimeout as wait } from "node:timers/promises";
import type { QueueMessage } from "../../local/sqs/queue.ts";
import { redrive } from "../../shared/aws/sqs/dead-letters.ts";
import { SNSClient } from "@aws-sdk/client-sns";
import type { World } from "./world.ts";

export const isForDeadLetters = (queue: string): boolean => /-(?:DeadLetter|UndeliveredEvents)Queue$/.test(queue);

/** Longer than EventBridge, SNS and Secrets Manager wait between two tries. */
const quietForMs = 700_000;
const stepMs = 20_000;
const longestMs = 240_000;
/**
 * How long a step takes while a service has messages. Services come back by the machine's clock, after half a minute at most,
 * and their queues keep a message for an hour of the stack's.
 */
const stepForServicesMs = 500;

const servicesHaveMessages = ({ stack }: World): boolean =>
  stack.sqs.queues().some(({ name, messages }) => name.startsWith("rekey-subscriber-") && messages().length > 0);

const isBusy = ({ stack, secrets }: World): boolean =>
  stack.sqs.queues().some((queue) => !isForDeadLetters(queue.name) && queue.messages().length > 0) ||
  secrets.some(({ arn }) => ["running", "waiting"].includes(stack.secretsManager.lastRotation(arn)?.state ?? ""));

/** Lets time pass until nothing is under way and no retry is left. Throws where that does not come. */
export async function untilCalm(world: World): Promise<void> {
  const { stack } = world;
  const startedMs = performance.now();
  for (let quietMs = 0; quietMs < quietForMs;) {
    await stack.lambda.idle();
    await stack.secretsManager.idle();
    if (performance.now() - startedMs > longestMs) throw new Error("the stack does not come to rest");
    if (isBusy(world)) {
      quietMs = 0;
      await wait(servicesHaveMessages(world) ? stepForServicesMs : 20);
    } else quietMs += stepMs;
    await stack.clock.advance(stepMs);
  }
}

export interface DeadLetter {
  readonly queue: string;
  readonly message: QueueMessage;
}

export const deadLetters = ({ stack }: World): readonly DeadLetter[] =>
  stack.sqs
    .queues()
    .filter(({ name }) => isForDeadLetters(name))
    .flatMap((queue) => queue.messages().map((message) => ({ queue: queue.name, message })));

/** As `rekey redrive` does. Returns how many were given back. */
export async function redriveAll(world: World): Promise<number> {
  const { stack, sqs } = world;
  const sns = new SNSClient(stack.clientConfig);
  let given = 0;
  try {
    for (const { name, arn } of stack.sqs.queues()) {
      if (!isForDeadLetters(name)) continue;
      given += await redrive({ sqs, sns }, arn, { signal: AbortSignal.timeout(30_000) });
    }
  } finally {
    sns.destroy();
  }
  return given;
}

/** One look at everything by every deployment's reconcile function. */
export async function reconcileAll({ stack, stackNames }: World): Promise<void> {
  for (const stackName of stackNames) {
    const arn = `arn:aws:sqs:${stack.region}:${stack.accountId}:${stackName}-ReconcileQueue`;
    const queue = stack.sqs.queue(arn);
    if (queue === undefined) throw new Error(`no queue ${arn}`);
    queue.send({ body: "{}", attributes: {}, senderId: "events.amazonaws.com" });
  }
}
