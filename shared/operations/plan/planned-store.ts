import type { SecretDescription, SecretStore, StoredVersion, VersionSelector } from "../../ports/secret-store.ts";
import type { Note } from "./planned-action.ts";

/**
 * A store that reads from the real one and keeps what would be written to itself. Secrets Manager's part is played too:
 * the AWSPENDING version is there before createSecret.
 */
export function plannedStore(real: SecretStore, secretId: string, versionId: string, note: Note): SecretStore {
  let pending: StoredVersion | undefined;
  let promoted = false;
  const call = (what: string): void => note({ kind: "call", what });

  const labelsOf = ({ labels }: SecretDescription): ReadonlyMap<string, readonly string[]> =>
    new Map([...labels, [versionId, promoted ? ["AWSCURRENT"] : ["AWSPENDING"]]]);
  const isPlanned = (at: VersionSelector): boolean =>
    at.versionId === versionId || (at.label === "AWSPENDING" && !promoted);

  return {
    async describe(id, options) {
      call("DescribeSecret");
      const description = await real.describe(id, options);
      return { ...description, rotationEnabled: true, labels: labelsOf(description) };
    },
    async read(id, at, options) {
      call(`GetSecretValue ${at.label ?? "by VersionId"}${id === secretId ? "" : " of the admin secret"}`);
      return id === secretId && isPlanned(at) ? pending : real.read(id, at, options);
    },
    async unlabelled(id, limit, options) {
      call("ListSecretVersionIds");
      return real.unlabelled(id, limit, options);
    },
    async putPending(_request, value) {
      call("PutSecretValue AWSPENDING (write)");
      pending = { versionId, value, createdAt: new Date() };
    },
    async promote() {
      call("UpdateSecretVersionStage AWSCURRENT (write)");
      promoted = true;
    },
    async mark() {
      call("UpdateSecretVersionStage (write)");
    },
    async clearPending() {
      call("UpdateSecretVersionStage AWSPENDING (write)");
    },
  };
}
