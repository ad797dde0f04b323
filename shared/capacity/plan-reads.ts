import type { Facts } from "./facts/facts.ts";
import type { Workload } from "./workload.ts";

export interface ReadsPlan {
  /** A secret in the cache of an instance. */
  readonly cached: number;
  readonly secretsPerInstance: number;
  readonly readsPerCachedPerSecond: number;
  readonly uncachedPerSecond: number;
  readonly backendPerSecond: number;
  /** Of the reads, those that the cache answers without the backend. */
  readonly hitShare: number;
}

/**
 * A cached secret asks the backend at the first read after its value has grown old. Reads without a pattern (Poisson) come
 * one `1 / rate` after that on average, so that requests follow each other by `share × TTL + 1 / rate`.
 */
export function refreshesPerSecond(
  readsPerSecond: number,
  ttlSeconds: number,
  facts: Pick<Facts, "quietShare">,
): number {
  return 1 / (facts.quietShare.value * ttlSeconds + 1 / readsPerSecond);
}

/** Reads are spread evenly over instances, and over the secrets of each: an instance uses those of its own service. */
export function planReads(workload: Workload, facts: Facts): ReadsPlan {
  const { secrets, services, instances, readsPerSecond, ttlSeconds } = workload;
  const secretsPerInstance = Math.max(1, secrets / services);
  const cached = instances * secretsPerInstance;
  const readsPerCachedPerSecond = readsPerSecond / cached;
  const backendPerSecond = cached * refreshesPerSecond(readsPerCachedPerSecond, ttlSeconds, facts);
  return {
    cached,
    secretsPerInstance,
    readsPerCachedPerSecond,
    uncachedPerSecond: readsPerSecond,
    backendPerSecond,
    hitShare: 1 - backendPerSecond / readsPerSecond,
  };
}
