import { setTimeout as wait } from "node:timers/promises";
import { isForDeadLetters } from "./calm.ts";
import type { World } from "./world.ts";

export interface Load {
  readonly rotations: number;
  readonly edits: number;
  /** Rotations that Secrets Manager refused, since the one before was not finished. */
  readonly refused: number;
  readonly repeated: number;
  /** A secret by number; waits for its turn, as only so many are rotated at once. */
  rotate(secret: number): Promise<void>;
  /** Somebody puts values by hand, one soon after the other, that differ in a note. */
  edit(secret: number, times: number): Promise<void>;
  /** A message that some queue once had comes again, out of order. */
  repeat(): Promise<void>;
  /** Every message that was ever seen at rest in a queue, by body. */
  readonly atRest: ReadonlySet<string>;
  stop(): void;
}

const rotationsAtOnce = 8;
const betweenEditsMs = 1_000;
const lookEveryMs = 50;

export function createLoad({ stack, secrets, secretsManager }: World, random: () => number): Load {
  const rotating = new Set<string>();
  const atRest = new Map<string, { readonly queueArn: string; readonly body: string }>();
  const counts = { rotations: 0, edits: 0, refused: 0, repeated: 0 };

  const look = setInterval(() => {
    for (const queue of stack.sqs.queues()) {
      for (const { body } of queue.messages()) atRest.set(`${queue.arn} ${body}`, { queueArn: queue.arn, body });
    }
  }, lookEveryMs);
  const stillRotating = (): number => {
    for (const arn of rotating) {
      if (stack.secretsManager.lastRotation(arn)?.state !== "running") rotating.delete(arn);
    }
    return rotating.size;
  };

  return {
    get rotations() {
      return counts.rotations;
    },
    get edits() {
      return counts.edits;
    },
    get refused() {
      return counts.refused;
    },
    get repeated() {
      return counts.repeated;
    },
    get atRest() {
      return new Set([...atRest.values()].map(({ body }) => body));
    },
    async rotate(index) {
      const secret = secrets[index];
      if (secret === undefined) return;
      while (stillRotating() >= rotationsAtOnce) await wait(lookEveryMs);
      rotating.add(secret.arn);
      try {
        await secretsManager.rotateSecret({
          SecretId: secret.arn,
          RotationLambdaARN: secret.rotationFunctionArn,
          RotationRules: { AutomaticallyAfterDays: 30 },
        });
        counts.rotations += 1;
      } catch (error) {
        if (!(error instanceof Error) || error.name !== "InvalidRequestException") throw error;
        counts.refused += 1;
      }
    },
    async edit(index, times) {
      const SecretId = secrets[index]?.arn;
      for (let time = 0; time < times; time++) {
        await wait(random() * betweenEditsMs);
        const { SecretString = "{}" } = await secretsManager.getSecretValue({ SecretId });
        const edited = { ...JSON.parse(SecretString), note: `canary-note-${crypto.randomUUID()}` };
        await secretsManager.putSecretValue({ SecretId, SecretString: JSON.stringify(edited) });
        counts.edits += 1;
      }
    },
    async repeat() {
      const seen = [...atRest.values()].filter(({ queueArn }) => !isForDeadLetters(queueArn));
      const chosen = seen[Math.floor(random() * seen.length)];
      if (chosen === undefined) return;
      const message = { body: chosen.body, attributes: {}, senderId: "repeated" };
      stack.sqs.queue(chosen.queueArn)?.send(message);
      counts.repeated += 1;
    },
    stop: () => clearInterval(look),
  };
}
