import type { SecretDescription } from "../../ports/secret-store.ts";
import type { VersionFacts } from "../../ports/secret-administration.ts";
import { uuidOf } from "../by-hand/operator-request.ts";

/**
 * The VersionId that a campaign gives a secret: always the same, so that what was asked for before can be recognised in
 * Secrets Manager itself, and asking again starts nothing.
 */
const campaignVersion = async (campaign: string, secretArn: string, attempt: number): Promise<string> =>
  uuidOf("rekey campaign", campaign, secretArn, attempt);

/** `new`: to be asked for. `under-way`: asked for, not current yet. `done`: it is, or was, current, or a newer one is. */
export interface CampaignVersion {
  readonly versionId: string;
  readonly state: "new" | "under-way" | "done";
}

const mostAttempts = 20;

/**
 * Where a secret stands in a campaign that may have run before. A version of the campaign that lost its labels while an
 * older one stayed current was rolled back: the next attempt has a VersionId of its own.
 */
export async function versionInCampaign(
  campaign: string,
  { secretArn, labels }: SecretDescription,
  versions: readonly VersionFacts[],
): Promise<CampaignVersion> {
  const current = versions.find((version) => version.labels.includes("AWSCURRENT"));
  for (let attempt = 1; ; attempt++) {
    const versionId = await campaignVersion(campaign, secretArn, attempt);
    const on = labels.get(versionId) ?? [];
    if (on.includes("AWSCURRENT") || on.includes("AWSPREVIOUS")) return { versionId, state: "done" };
    if (on.includes("AWSPENDING")) return { versionId, state: "under-way" };
    const known = versions.find((version) => version.versionId === versionId);
    if (known === undefined || attempt === mostAttempts) return { versionId, state: "new" };
    if (current !== undefined && current.createdAt > known.createdAt) return { versionId, state: "done" };
  }
}
