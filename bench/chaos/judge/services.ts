import { setTimeout as wait } from "node:timers/promises";
import type { World } from "../world.ts";
import { currentOf } from "./mirrors.ts";

const longestMs = 60_000;
const againMs = 200;

/**
 * Secrets whose last change was put by hand between the moment in which a rotation moved AWSCURRENT and the one that Secrets
 * Manager calls its end, which is taken for the rotation's (docs/decisions/0010-who-announces-a-version.md): a service comes to it by its TTL, which here is too long.
 */
export async function unannounced(
  { stack, secrets, secretsManager }: World,
  lastChangeMs: ReadonlyMap<string, number>,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const secret of secrets) {
    const { LastRotatedDate, VersionIdsToStages = {} } = await secretsManager.describeSecret({ SecretId: secret.arn });
    const rotated = stack.secretsManager.lastRotation(secret.arn)?.versionId ?? "";
    const isOfTheRotation = VersionIdsToStages[rotated]?.includes("AWSCURRENT") === true;
    const changedMs = lastChangeMs.get(secret.arn) ?? Infinity;
    const rotatedMs = LastRotatedDate?.getTime() ?? 0;
    if (isOfTheRotation || rotatedMs < changedMs) continue;
    const { Versions = [] } = await secretsManager.listSecretVersionIds({ SecretId: secret.arn });
    const current = Versions.find(({ VersionStages = [] }) => VersionStages.includes("AWSCURRENT"));
    if ((current?.CreatedDate?.getTime() ?? 0) <= rotatedMs) found.add(secret.arn);
  }
  return found;
}

/** What services serve that is not current; they may be at a request, so they are asked again for a while. */
export async function wrongServices(world: World, leftOut: ReadonlySet<string>): Promise<readonly string[]> {
  const current = new Map<string, string>();
  for (const secret of world.secrets) current.set(secret.arn, (await currentOf(world, secret)).versionId);
  const untilMs = performance.now() + longestMs;
  for (;;) {
    const wrong: string[] = [];
    for (const [index, service] of world.services.entries()) {
      for (const arn of service.watched.filter((watched) => !leftOut.has(watched))) {
        const served = await service.serves(arn).catch((error: unknown) => String(error));
        if (served !== current.get(arn)) {
          wrong.push(`service ${index} serves ${served} of ${arn}, current is ${current.get(arn) ?? "none"}`);
        }
      }
    }
    if (wrong.length === 0 || performance.now() > untilMs) return wrong;
    await wait(againMs);
  }
}
