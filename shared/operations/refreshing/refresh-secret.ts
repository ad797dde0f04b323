import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { describeIfExists, type SecretStore, versionWithLabel } from "../../ports/secret-store.ts";
import type { CurrentVersion, WorkloadCluster } from "../../ports/workload-cluster.ts";
import { type ClusterRefresh, refreshCluster } from "./refresh-cluster.ts";

export interface Refresher {
  readonly store: Pick<SecretStore, "describe" | "read">;
  /** Whether a secret is one that rekey looks after. */
  readonly manages: (secretArn: string) => boolean;
  readonly clusters: readonly WorkloadCluster[];
  /** How long to wait for operators in the clusters, altogether. */
  readonly waitMs: number;
  readonly pause: (ms: number, call: CallOptions) => Promise<void>;
}

/** `foreign`: not one of rekey's secrets, or no cluster has it. `gone`: there is no such secret, or it is deleted. */
export type SecretRefresh =
  | { readonly state: "foreign" | "gone" }
  | { readonly state: "current"; readonly versionId: string; readonly clusters: readonly ClusterRefresh[] };

const looks = 3;

async function currentVersion(
  { store }: Pick<Refresher, "store">,
  secretArn: string,
  call: CallOptions,
): Promise<CurrentVersion | undefined> {
  const description = await describeIfExists(store, secretArn, call);
  if (description?.deletedAt !== undefined || description?.secretArn !== secretArn) return undefined;
  const versionId = versionWithLabel(description, "AWSCURRENT");
  return versionId === undefined ? undefined : { secretArn, secretName: description.name, versionId };
}

/**
 * Brings every cluster that the configuration grants this secret to how the secret is now, whatever event asked for it: has the
 * copies refreshed, then restarts the workloads that use them, once for each version. It looks again at the end, because another
 * run may have seen a newer version meanwhile. Idempotent: interrupted at any point, the next run completes it. A cluster's failure
 * keeps no other from its version; it is in the answer.
 *
 * Errors: those of the store; `kubernetes-not-refreshed` for a secret that changes without end.
 */
export async function refreshSecret(
  refresher: Refresher,
  secretArn: string,
  call: CallOptions,
): Promise<SecretRefresh> {
  const clusters = refresher.clusters.filter(({ grants }) => grants.some((grant) => grant.secretArn === secretArn));
  if (clusters.length === 0 || !refresher.manages(secretArn)) return { state: "foreign" };
  let version = await currentVersion(refresher, secretArn, call);
  for (let look = 1; look <= looks; look++) {
    if (version === undefined) return { state: "gone" };
    const current: CurrentVersion = version;
    const refreshed = await Promise.all(
      clusters.map(async (cluster) => refreshCluster(refresher, cluster, current, call)),
    );
    version = await currentVersion(refresher, secretArn, call);
    if (version?.versionId === current.versionId) {
      return { state: "current", versionId: current.versionId, clusters: refreshed };
    }
  }
  throw new RekeyError("kubernetes-not-refreshed", { context: { secret: secretArn, attempts: looks } });
}
