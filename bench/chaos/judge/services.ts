import { setTimeout as wait } from "node:timers/promises";
import type { World } from "../world.ts";
import { currentOf } from "./mirrors.ts";

const longestMs = 15_000;
const againMs = 200;

/** What services serve that is not current; they may be at a request, so they are asked again for a while. */
export async function wrongServices(world: World): Promise<readonly string[]> {
  const current = new Map<string, string>();
  for (const secret of world.secrets) current.set(secret.arn, (await currentOf(world, secret)).versionId);
  const untilMs = performance.now() + longestMs;
  for (;;) {
    const wrong: string[] = [];
    for (const [index, service] of world.services.entries()) {
      for (const arn of service.watched) {
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
