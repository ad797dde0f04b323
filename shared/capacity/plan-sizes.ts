import type { Facts } from "./facts/facts.ts";
import type { ReadsPlan } from "./plan-reads.ts";
import type { Workload } from "./workload.ts";

export interface SizesPlan {
  readonly uncachedBytesPerSecond: number;
  readonly backendBytesPerSecond: number;
  /** One version of every secret, in one region. */
  readonly currentBytes: number;
  readonly labelledBytes: number;
  /** With as many versions as Secrets Manager keeps. */
  readonly mostBytes: number;
  readonly vaultBytes: number;
  readonly vaultClusters: number;
  readonly vaultNodes: number;
  /** One cluster for each shard, which services do not read from. */
  readonly mirrorNodes: number;
}

/** Vault has as many clusters as there are shards, and more where services read from it and one could not carry that. */
export function planSizes(workload: Workload, shards: number, reads: ReadsPlan, facts: Facts): SizesPlan {
  const { secrets, secretBytes } = workload;
  const currentBytes = secrets * secretBytes;
  const clusterReads = facts.vaultReads.value * facts.targetUtilisation.value;
  const vaultClusters = Math.max(shards, Math.ceil(reads.backendPerSecond / clusterReads));
  return {
    uncachedBytesPerSecond: reads.uncachedPerSecond * secretBytes,
    backendBytesPerSecond: reads.backendPerSecond * secretBytes,
    currentBytes,
    labelledBytes: currentBytes * facts.labelledVersions.value,
    mostBytes: currentBytes * facts.mostVersions.value,
    vaultBytes: currentBytes * facts.vaultVersions.value,
    vaultClusters,
    vaultNodes: vaultClusters * facts.vaultNodesPerCluster.value,
    mirrorNodes: shards * facts.vaultNodesPerCluster.value,
  };
}
