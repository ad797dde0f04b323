import type { SecretDescription } from "../../ports/secret-store.ts";
import type { VersionFacts } from "../../ports/secret-administration.ts";
import { uuidOf } from "../by-hand/operator-request.ts";

/** `new`: to be asked for. `under-way`: asked for, not current yet. `done`: it is, or was, current, or a newer one is. */
export interface CampaignVersion {
  readonly versionId: string;
  readonly state: "new" | "under-way" | "done";
}

const mostAttempts = 20;

/**
 * What a campaign that may have run before has done with a secret. Each attempt of a campaign has one VersionId for a secret,
 * so that Secrets Manager itself shows what was asked for before, and asking again starts nothing. A version of the campaign that lost its labels while an
 * older one stayed current was rolled back: the next attempt has a VersionId of its own.
 */
export async function versionInCampaign(
  campaign: string,
  { secretArn, labels }: SecretDescription,
  versions: readonly VersionFacts[],
): Promise<CampaignVersion> {
  const current = versions.find((version) => version.labels.includes("AWSCURRENT"));
  for (let attempt = 1; ; attempt++) {
    const versionId = await uuidOf("rekey campaign", campaign, secretArn, attempt);
    const on = labels.get(versionId) ?? [];
    if (on.includes("AWSCURRENT") || on.includes("AWSPREVIOUS")) return { versionId, state: "done" };
    if (on.includes("AWSPENDING")) return { versionId, state: "under-way" };
    const known = versions.find((version) => version.versionId === versionId);
    if (known === undefined || attempt === mostAttempts) return { versionId, state: "new" };
    if (current !== undefined && current.createdAt > known.createdAt) return { versionId, state: "done" };
  }
}
