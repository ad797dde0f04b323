import { isRekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { type Obstacle, obstacleIn } from "../campaign/failing-attempts.ts";
import { atOnce } from "./at-once.ts";
import type { FleetPorts } from "./fleet-ports.ts";
import type { SecretSummary } from "./secret-summary.ts";

/** For how many secrets the log is read, and for how many at the same time: an account has five such requests a second. */
const mostAsked = 20;
const asksAtOnce = 4;
const lookBackMs = 86_400_000;

/**
 * Why the rotations that are under way, or stuck, do not get on, as the log of their function has it; by ARN, for 20 secrets
 * at most. A log that cannot be read is no error: nothing is known then.
 */
export async function obstacles(
  { log, nowMs }: Pick<FleetPorts, "log" | "nowMs">,
  secrets: readonly SecretSummary[],
  call: CallOptions,
): Promise<ReadonlyMap<string, Obstacle>> {
  const waiting = secrets.filter(({ health }) => health === "rotating" || health === "stuck").slice(0, mostAsked);
  const since = new Date(nowMs() - lookBackMs);
  const found = await atOnce(asksAtOnce, log === undefined ? [] : waiting, async (secret) => {
    const { secretArn, rotationFunctionArn } = secret;
    if (log === undefined || rotationFunctionArn === undefined) return [];
    try {
      const steps = await log.steps(rotationFunctionArn, { secretArn, since }, call);
      const newest = steps.at(-1)?.versionId;
      const ofNewest = steps.filter(({ versionId }) => versionId === newest);
      const obstacle = newest === undefined ? undefined : obstacleIn(ofNewest, nowMs(), nowMs());
      return obstacle === undefined ? [] : [[secretArn, obstacle] as const];
    } catch (error) {
      if (!isRekeyError(error)) throw error;
      return [];
    }
  });
  return new Map(found.flat());
}
