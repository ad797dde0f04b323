import { untilCalm } from "./calm.ts";
import { currentOf } from "./judge/mirrors.ts";
import type { ManagedSecret, World } from "./world.ts";

async function isDead(world: World, secret: ManagedSecret): Promise<boolean> {
  return !(await world.accounts.accepts((await currentOf(world, secret)).fields));
}

/** Secrets whose AWSCURRENT does not log in. */
export async function deadSecrets(world: World): Promise<readonly ManagedSecret[]> {
  const dead: ManagedSecret[] = [];
  for (const secret of world.secrets) if (await isDead(world, secret)) dead.push(secret);
  return dead;
}

export interface Healed {
  /** Rotations that gave up. */
  readonly stuck: number;
  /** Secrets whose AWSCURRENT did not log in. */
  readonly dead: number;
  /** Those of them whose rotation had succeeded, and nobody had put another value since. */
  readonly brokenByRotation: readonly string[];
}

/**
 * What an operator does for a rotation that gave up, as the doctor says: takes AWSPENDING off and rotates again. So too for
 * a value put by hand with a password that a rotation had just replaced, and for a rotation that a deletion cancelled.
 */
export async function healRotations(world: World): Promise<Healed> {
  const { stack, secrets, secretsManager } = world;
  const rotationOf = ({ arn }: ManagedSecret) => stack.secretsManager.lastRotation(arn);
  const stuck = secrets.filter((secret) => rotationOf(secret)?.state === "failed");
  const dead = await deadSecrets(world);
  const brokenByRotation: string[] = [];
  for (const secret of dead) {
    const { versionId } = await currentOf(world, secret);
    const rotation = rotationOf(secret);
    if (rotation?.state === "succeeded" && rotation.versionId === versionId) brokenByRotation.push(secret.name);
  }
  for (const { arn: SecretId, rotationFunctionArn } of new Set([...stuck, ...dead])) {
    const { VersionIdsToStages = {} } = await secretsManager.describeSecret({ SecretId });
    for (const [versionId, labels] of Object.entries(VersionIdsToStages)) {
      if (!labels.includes("AWSPENDING")) continue;
      const VersionStage = "AWSPENDING";
      await secretsManager.updateSecretVersionStage({ SecretId, VersionStage, RemoveFromVersionId: versionId });
    }
    await secretsManager.rotateSecret({ SecretId, RotationLambdaARN: rotationFunctionArn });
    await stack.secretsManager.idle();
  }
  await untilCalm(world);
  return { stuck: stuck.length, dead: dead.length, brokenByRotation };
}
