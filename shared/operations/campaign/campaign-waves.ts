import { type CampaignOptions, campaignSettings, type CampaignSettings } from "./campaign-options.ts";

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
