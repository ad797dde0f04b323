import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { versionUnderWay } from "../../ports/secret-store.ts";
import type { StepRecord } from "../../ports/records.ts";
import { checkRotatedHere, reasonTag } from "../by-hand/operator-request.ts";
import { awaitRotation } from "./await-rotation.ts";
import type { CampaignEvent, Progress } from "./campaign-events.ts";
import { type CampaignOptions, type CampaignPorts, type CampaignSettings, campaignWaves } from "./campaign-options.ts";
import { eventStream } from "./event-stream.ts";
import type { Obstacle } from "./failing-attempts.ts";
import { type CampaignVersion, versionInCampaign } from "./version-of.ts";

type Tell = (event: CampaignEvent) => void;

interface Running {
  readonly ports: CampaignPorts;
  readonly settings: CampaignSettings & { readonly followsSteps: boolean };
  readonly tell: Tell;
  /** Waits for the next start. */
  readonly turn: (call: CallOptions) => Promise<void>;
}

/** Spreads starts evenly; a start that was not used is not saved up. */
function pacer({ pause, nowMs }: CampaignPorts, perSecond: number): Running["turn"] {
  let nextMs = 0;
  return async (call) => {
    const atMs = Math.max(nextMs, nowMs());
    nextMs = atMs + 1_000 / perSecond;
    if (atMs > nowMs()) await pause(atMs - nowMs(), call);
  };
}

const startTries = 4;

/** Secrets Manager limits the rate, or is away for a moment: asked again, since the VersionId makes it the same request. */
async function begin({ ports, settings, turn }: Running, secretArn: string, versionId: string, call: CallOptions) {
  for (let tries = 1; ; tries++) {
    await turn(call);
    call.signal.throwIfAborted();
    try {
      if (settings.reason !== undefined) {
        await ports.administration.tag(secretArn, reasonTag(settings.reason), call);
      }
      return await ports.administration.rotate(secretArn, versionId, call);
    } catch (error) {
      if (!isRekeyError(error) || error.disposition !== "retry" || tries === startTries) throw error;
      await ports.pause(settings.pollMs * 2 ** tries, call);
    }
  }
}

async function rotateOne(running: Running, secretId: string, call: CallOptions): Promise<Progress> {
  const { ports, settings, tell } = running;
  let version: CampaignVersion = { versionId: "", state: "new" };
  let secretArn = secretId;
  const at = (progress: Progress, more: object = {}): Progress => {
    tell({ type: "progress", secretArn, versionId: version.versionId, progress, ...more });
    return progress;
  };
  try {
    const before = await ports.store.describe(secretId, call);
    ({ secretArn } = before);
    checkRotatedHere(before);
    version = await versionInCampaign(settings.campaign, before, await ports.administration.versions(secretArn, call));
    if (version.state === "done") return at("already");
    if (version.state === "new") {
      const context = { secret: secretArn };
      const hint = "bring it under management first: rekey adopt <secret>";
      if (!before.rotationEnabled) throw new RekeyError("rotation-disabled", { context, hint });
      const other = versionUnderWay(before);
      if (other !== undefined) throw new RekeyError("rotation-under-way", { context: { ...context, version: other } });
      await begin(running, secretArn, version.versionId, call);
    }
    at("requested");
    if (!settings.wait) return "requested";
    const told = {
      promoted: () => void at("promoted"),
      waiting: ({ code, hint }: Pick<Obstacle, "code" | "hint">) => void at("waiting", { code, hint }),
      step: (step: StepRecord) => tell({ type: "step", secretArn, step }),
    };
    await awaitRotation(ports, settings, before, version.versionId, told, call);
    return at("rotated");
  } catch (error) {
    if (call.signal.aborted) throw error;
    if (!isRekeyError(error)) throw error;
    return at("failed", { code: error.code, hint: error.hint });
  }
}

/** Up to this many secrets, each step is followed in the log; beyond, the log is read only to find why one failed. */
const mostFollowed = 5;

/**
 * Rotates secrets now, in waves: the canary's must end well before the others begin, a wave before the next, and after
 * `stopAfter` failures no further rotation is begun, while those under way are waited for. Every rotation has a VersionId
 * made from the campaign's name, so that the state of a campaign is in Secrets Manager and nowhere else: run again under
 * the same name, after whatever stopped it, it passes over what it rotated, waits for what is under way and begins the rest.
 * When the caller's signal fires, or the iteration is left, nothing more is begun and nothing is cancelled: Secrets Manager
 * goes on with what it has.
 *
 * Errors: `option-invalid`, before anything is changed. What fails for one secret is a `progress` event with its code, such
 * as `rotated-elsewhere`, `rotation-failed`, `rotation-under-way`, `rotation-disabled`, `access-denied`.
 */
export function rotateCampaign(
  ports: CampaignPorts,
  secretIds: readonly string[],
  options: CampaignOptions,
  caller: CallOptions,
): AsyncGenerator<CampaignEvent> {
  const { waves, ...settings } = campaignWaves(secretIds, options);
  return eventStream<CampaignEvent>(async (tell, call) => {
    const { campaign } = settings;
    const followed = { ...settings, followsSteps: secretIds.length <= mostFollowed };
    const running: Running = { ports, settings: followed, tell, turn: pacer(ports, settings.startsPerSecond) };
    const counts: Record<Progress, number> = {
      requested: 0,
      waiting: 0,
      promoted: 0,
      rotated: 0,
      already: 0,
      failed: 0,
    };
    const stops = (): boolean => call.signal.aborted || counts.failed >= settings.stopAfter;
    tell({ type: "campaign-started", campaign, waves: waves.map((wave) => wave.length) });
    for (const [index, wave] of waves.entries()) {
      if (stops()) break;
      tell({ type: "wave-started", wave: index + 1, secrets: wave.length });
      const left = wave.values();
      const worker = async (): Promise<void> => {
        for (const secretId of left) {
          if (stops()) return;
          try {
            counts[await rotateOne(running, secretId, call)]++;
          } catch (error) {
            if (!call.signal.aborted) throw error;
          }
        }
      };
      const ended = await Promise.allSettled(Array.from({ length: Math.min(settings.atOnce, wave.length) }, worker));
      const broken = ended.find((one) => one.status === "rejected");
      if (broken !== undefined) throw broken.reason;
      tell({ type: "wave-finished", wave: index + 1 });
    }
    const { rotated, already, failed } = counts;
    const ok = settings.wait ? rotated : counts.requested;
    const left = secretIds.length - ok - already - failed;
    const stopped = call.signal.aborted ? "by-caller" : left > 0 ? "by-failures" : "no";
    const end = { type: "campaign-finished", campaign, rotated: ok, already, failed, left, stopped } as const;
    const untold = secretIds.length > 1 ? await ports.tellEnd?.(end) : undefined;
    for (const target of untold ?? []) tell({ type: "not-told", ...target });
    tell(end);
  }, caller);
}
