import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { FleetPorts } from "../fleet/fleet-ports.ts";
import { reasonTag } from "../by-hand/operator-request.ts";
import type { CampaignEnd, UntoldTarget } from "./campaign-events.ts";

export interface CampaignPorts extends Pick<FleetPorts, "store" | "administration" | "log" | "nowMs"> {
  /** Ends early, without an error, when the signal fires. */
  readonly pause: (ms: number, call: CallOptions) => Promise<void>;
  /** Tells people of the end of a campaign of several secrets, and returns who could not be told. Errors: none. */
  readonly tellEnd?: (end: CampaignEnd) => Promise<readonly UntoldTarget[]>;
}

export interface CampaignOptions {
  /**
   * Names the campaign. The same name again goes on where it stopped: each secret is rotated once in it. Letters, digits,
   * `.`, `_`, `-`; 64 at most.
   */
  readonly campaign: string;
  /** Put into the secret's tag `rekey:rotation-reason` before it is rotated; CloudTrail keeps it with who and when. */
  readonly reason?: string;
  /** Secrets of the first wave, which must succeed before the rest begins; 0 for none (default: 1). */
  readonly canary?: number;
  /** Secrets of each later wave (default: 100). */
  readonly waveSize?: number;
  /**
   * RotateSecret calls a second (default: 10). A rotation makes two of the 50 writes a second that Secrets Manager allows, so
   * 25 is the most, and scheduled rotations need the rest.
   */
  readonly startsPerSecond?: number;
  /** Rotations under way at the same time (default: 50). */
  readonly atOnce?: number;
  /** Failures after which no further rotation is begun (default: 1). */
  readonly stopAfter?: number;
  /** How long one rotation may take (default: 15 minutes). */
  readonly timeoutMs?: number;
  /** Between two reads of a rotation under way (default: 1,000). */
  readonly pollMs?: number;
  /** Whether to wait for each rotation (default: `true`). Without it there is one wave, and no failure is seen. */
  readonly wait?: boolean;
}

export type CampaignSettings = Required<Omit<CampaignOptions, "reason">> & Pick<CampaignOptions, "reason">;

const defaults = {
  canary: 1,
  waveSize: 100,
  startsPerSecond: 10,
  atOnce: 50,
  stopAfter: 1,
  timeoutMs: 900_000,
  pollMs: 1_000,
  wait: true,
} as const;

const bounds = {
  canary: [0, 100_000],
  waveSize: [1, 100_000],
  startsPerSecond: [0.01, 1_000],
  atOnce: [1, 1_000],
  stopAfter: [1, 1_000_000],
  timeoutMs: [1_000, 86_400_000],
  pollMs: [1, 60_000],
} as const;

/** Errors: `option-invalid`, naming the option. */
function campaignSettings(options: CampaignOptions): CampaignSettings {
  const settings = { ...defaults, ...options };
  for (const [option, [least, most]] of Object.entries(bounds)) {
    const value = settings[option as keyof typeof bounds];
    if (!(value >= least && value <= most)) {
      const hint = `use a number from ${least} to ${most}`;
      throw new RekeyError("option-invalid", { context: { option, value }, hint });
    }
  }
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(settings.campaign)) {
    const hint = "use letters, digits, . _ -, 64 at most";
    throw new RekeyError("option-invalid", { context: { option: "campaign" }, hint });
  }
  if (settings.reason !== undefined) reasonTag(settings.reason);
  return settings;
}

/**
 * A name for a campaign, such as `20261128-0512-3fa9c04b`: the minute, and eight digits that keep those of one minute apart. A name
 * that was had before would pass over what that campaign rotated.
 */
export function newCampaign(): string {
  const [date = "", time = ""] = new Date().toISOString().split("T");
  return `${date.replaceAll("-", "")}-${time.slice(0, 5).replace(":", "")}-${crypto.randomUUID().slice(0, 8)}`;
}

/** How a campaign would go: its settings with what was not given filled in, and its waves. Errors: `option-invalid`. */
export function campaignWaves(
  secrets: readonly string[],
  options: CampaignOptions,
): CampaignSettings & { readonly waves: readonly (readonly string[])[] } {
  const settings = campaignSettings(options);
  const { canary, waveSize, wait } = settings;
  if (!wait) return { ...settings, waves: [secrets] };
  const waves = [secrets.slice(0, canary)];
  for (let from = canary; from < secrets.length; from += waveSize) waves.push(secrets.slice(from, from + waveSize));
  return { ...settings, waves: waves.filter((wave) => wave.length > 0) };
}
