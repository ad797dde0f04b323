import { setTimeout as wait } from "node:timers/promises";
import { isForDeadLetters } from "./calm.ts";
import type { World } from "./world.ts";

export interface Load {
  readonly rotations: number;
  /** Rotations whose turn did not come in time. */
  readonly leftOut: number;
  readonly edits: number;
  readonly deletions: number;
  /** What Secrets Manager refused, since a rotation was not finished or the secret was deleted. */
  readonly refused: number;
  readonly repeated: number;
  /** A secret by number; waits for its turn, as only so many are rotated at once. */
  rotate(secret: number): Promise<void>;
  /** Somebody puts values by hand, one soon after the other, that differ in a note. */
  edit(secret: number, times: number): Promise<void>;
  /** Somebody puts two values; the answer to the mirror's read of the first is held back until the second may be in Vault. */
  overtake(secret: number): Promise<void>;
  /** Somebody deletes it and restores it after a while, and CloudTrail tells of both a little later. */
  remove(secret: number, forMs: number): Promise<void>;
  /** A message that some queue once had comes again, out of order. */
  repeat(): Promise<void>;
  /** Every message that was ever seen at rest in a queue, by body. */
  readonly atRest: ReadonlySet<string>;
  /** Begins nothing more. */
  end(): void;
  /** Looks at the queues no more. */
  stop(): void;
}

const rotationsAtOnce = 4;
/** Less than a function waits for an answer. */
const overtakenMs = 2_500;
const betweenEditsMs = 600;
/** In AWS it takes minutes. */
const longestTrailMs = 2_000;
const lookEveryMs = 50;

export function createLoad({ stack, secrets, secretsManager }: World, random: () => number): Load {
  const rotating = new Set<string>();
  const atRest = new Map<string, { readonly queueArn: string; readonly body: string }>();
  let isOver = false;
  const counts = { rotations: 0, edits: 0, leftOut: 0, deletions: 0, refused: 0, repeated: 0 };

  const look = setInterval(() => {
    for (const queue of stack.sqs.queues()) {
      for (const { id, body } of queue.messages()) {
        if (!atRest.has(id)) atRest.set(id, { queueArn: queue.arn, body });
      }
    }
  }, lookEveryMs);
  look.unref();
  const stillRotating = (): number => {
    for (const arn of rotating) {
      if (stack.secretsManager.lastRotation(arn)?.state !== "running") rotating.delete(arn);
    }
    return rotating.size;
  };

  async function isTaken(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (!(error instanceof Error) || error.name !== "InvalidRequestException") throw error;
      counts.refused += 1;
      return false;
    }
  }
  async function put(SecretId: string | undefined): Promise<void> {
    const isPut = await isTaken(async () => {
      const { SecretString = "{}" } = await secretsManager.getSecretValue({ SecretId });
      const edited = { ...JSON.parse(SecretString), note: `canary-note-${crypto.randomUUID()}` };
      await secretsManager.putSecretValue({ SecretId, SecretString: JSON.stringify(edited) });
    });
    if (isPut) counts.edits += 1;
  }
  async function trailTells(eventName: string, arn: string): Promise<void> {
    await wait(random() * longestTrailMs);
    const detail = { eventSource: "secretsmanager.amazonaws.com", eventName, responseElements: { arn } };
    const type = "AWS API Call via CloudTrail";
    stack.eventBridge.emit({ source: "aws.secretsmanager", "detail-type": type, detail, resources: [] });
  }

  return {
    get rotations() {
      return counts.rotations;
    },
    get leftOut() {
      return counts.leftOut;
    },
    get edits() {
      return counts.edits;
    },
    get deletions() {
      return counts.deletions;
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
      while (!isOver && stillRotating() >= rotationsAtOnce) await wait(lookEveryMs);
      if (isOver) {
        counts.leftOut += 1;
        return;
      }
      rotating.add(secret.arn);
      const rotation = {
        SecretId: secret.arn,
        RotationLambdaARN: secret.rotationFunctionArn,
        RotationRules: { AutomaticallyAfterDays: 30 },
      };
      if (await isTaken(async () => secretsManager.rotateSecret(rotation))) counts.rotations += 1;
    },
    async edit(index, times) {
      const SecretId = secrets[index]?.arn;
      for (let time = 0; time < times; time++) {
        await wait(random() * betweenEditsMs);
        await put(SecretId);
      }
    },
    async overtake(index) {
      const { arn = "", cluster } = secrets[index] ?? {};
      const mirror = `${cluster?.name ?? ""}-mirror-to-vault`;
      const late = stack.aws.faults.inject({
        kind: "late",
        delayMs: overtakenMs,
        operation: "GetSecretValue",
        when: ({ principal }) => principal.endsWith(mirror),
      });
      await put(arn);
      for (let waitedMs = 0; late.struck === 0 && waitedMs < overtakenMs; waitedMs += lookEveryMs) {
        await wait(lookEveryMs);
      }
      late.remove();
      await put(arn);
    },
    async remove(index, forMs) {
      const SecretId = secrets[index]?.arn ?? "";
      if (!(await isTaken(async () => secretsManager.deleteSecret({ SecretId, RecoveryWindowInDays: 7 })))) return;
      counts.deletions += 1;
      const told = trailTells("DeleteSecret", SecretId);
      await wait(forMs);
      await secretsManager.restoreSecret({ SecretId });
      await Promise.all([told, trailTells("RestoreSecret", SecretId)]);
    },
    async repeat() {
      const seen = [...atRest.values()].filter(({ queueArn }) => !isForDeadLetters(queueArn));
      const chosen = seen[Math.floor(random() * seen.length)];
      if (chosen === undefined) return;
      const message = { body: chosen.body, attributes: {}, senderId: "repeated" };
      stack.sqs.queue(chosen.queueArn)?.send(message);
      counts.repeated += 1;
    },
    end() {
      isOver = true;
    },
    stop: () => clearInterval(look),
  };
}
