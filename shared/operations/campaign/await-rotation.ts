import { codes } from "../../errors/codes.ts";
import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import type { StepRecord } from "../../ports/records.ts";
import type { CampaignPorts, CampaignSettings } from "./campaign-options.ts";
import { type Obstacle, obstacleIn } from "./failing-attempts.ts";

export interface Awaited {
  readonly promoted: () => void;
  /** What is in the rotation's way; again when that changes. */
  readonly waiting: (obstacle: Pick<Obstacle, "code" | "hint">) => void;
  readonly step: (step: StepRecord) => void;
}

/** Secrets Manager's answers may be a moment behind: only what is seen so often in a row counts as an end. */
const looksForAnEnd = 3;
/** The log is asked less often than the secret: five calls a second are all that an account has. */
const logEveryMs = { followed: 2_000, oneOfMany: 30_000 } as const;

const failure = (versionId: string, secret: string, step: StepRecord | undefined): RekeyError =>
  new RekeyError("rotation-failed", {
    context: { secret, version: versionId, step: step?.step, cause: step?.code },
    ...(step?.code === undefined ? {} : { hint: `${step.code}: ${step.hint ?? codes[step.code].hint}` }),
  });

/**
 * Reads the steps of one version from the rotation function's log, and passes on those that are new. `undefined`: the log
 * cannot be read.
 */
function stepReader(
  { log, nowMs }: CampaignPorts,
  { secretArn, rotationFunctionArn }: SecretDescription,
  versionId: string,
  told: (step: StepRecord) => void,
): (call: CallOptions) => Promise<readonly StepRecord[] | undefined> {
  const since = new Date(nowMs() - 60_000);
  let seen = 0;
  let isThere = log !== undefined && rotationFunctionArn !== undefined;
  return async (call) => {
    if (!isThere || log === undefined || rotationFunctionArn === undefined) return undefined;
    try {
      const all = await log.steps(rotationFunctionArn, { secretArn, since }, call);
      const steps = all.filter((step) => step.versionId === versionId);
      for (const step of steps.slice(seen)) told(step);
      seen = Math.max(seen, steps.length);
      return steps;
    } catch (error) {
      if (!isRekeyError(error)) throw error;
      // Without the log a rotation is followed by its labels alone.
      isThere = error.disposition === "retry";
      return undefined;
    }
  };
}

/** `undefined`: Secrets Manager cannot say just now. */
async function look({ store }: CampaignPorts, secretArn: string, call: CallOptions) {
  try {
    return await store.describe(secretArn, call);
  } catch (error) {
    if (call.signal.aborted || !isRekeyError(error) || error.disposition !== "retry") throw error;
    return undefined;
  }
}

/**
 * Waits until the version is current and its rotation is finished, or does not get on. Errors: `rotation-failed`, with the
 * code that the function logged, also where Secrets Manager tried in vain for minutes; `rotation-under-way` when its time is up and it is still going on; those of the store.
 */
export async function awaitRotation(
  ports: CampaignPorts,
  settings: Pick<CampaignSettings, "timeoutMs" | "pollMs"> & { readonly followsSteps: boolean },
  before: SecretDescription,
  versionId: string,
  told: Awaited,
  call: CallOptions,
): Promise<void> {
  const { secretArn } = before;
  const beganMs = ports.nowMs();
  const endMs = beganMs + settings.timeoutMs;
  const readSteps = stepReader(ports, before, versionId, told.step);
  let promoted = false;
  let endings = 0;
  let toldOf: Obstacle["code"] | undefined;
  const everyMs = settings.followsSteps ? logEveryMs.followed : logEveryMs.oneOfMany;
  let logAtMs = ports.nowMs() + everyMs;
  for (;;) {
    await ports.pause(settings.pollMs, call);
    const now = await look(ports, secretArn, call);
    if (now === undefined && ports.nowMs() < endMs) continue;
    const { labels, lastRotatedAt } = now ?? before;
    const on = labels.get(versionId) ?? [];
    if (on.includes("AWSCURRENT")) {
      if (!promoted && settings.followsSteps) await readSteps(call);
      if (!promoted) told.promoted();
      promoted = true;
      // AWSPENDING may stay on the current version; the date does not move before finishSecret has succeeded.
      const isDated = lastRotatedAt !== undefined && lastRotatedAt.getTime() !== before.lastRotatedAt?.getTime();
      if (isDated || !on.includes("AWSPENDING")) {
        if (settings.followsSteps) await readSteps(call);
        return;
      }
    }
    const isLost = !promoted && !on.includes("AWSPENDING");
    endings = isLost ? endings + 1 : 0;
    if (endings >= looksForAnEnd || ports.nowMs() >= logAtMs) {
      const steps = await readSteps(call);
      const obstacle = promoted || steps === undefined ? undefined : obstacleIn(steps, beganMs, ports.nowMs());
      if (obstacle?.isFinal === true || endings >= looksForAnEnd) {
        throw failure(versionId, secretArn, obstacle?.step ?? steps?.at(-1));
      }
      // A new attempt may get on for a moment before it meets the same obstacle.
      if (obstacle !== undefined && obstacle.code !== toldOf) {
        told.waiting(obstacle);
        toldOf = obstacle.code;
      }
      logAtMs = ports.nowMs() + everyMs;
    }
    if (ports.nowMs() >= endMs) {
      throw new RekeyError("rotation-under-way", { context: { secret: secretArn, version: versionId } });
    }
  }
}
