import type { Fact } from "./facts/fact.ts";
import type { Facts } from "./facts/facts.ts";
import type { QuotaName } from "./facts/quotas.ts";
import type { ReadsPlan } from "./plan-reads.ts";
import type { Workload } from "./workload.ts";

/** What one account is asked for in one region, with its quota. */
export interface Load {
  readonly quota: QuotaName;
  readonly demand: number;
  readonly limit: Fact;
  readonly utilisation: number;
}

const secondsPerDay = 86_400;

/** In quiet times: no rotation but the scheduled ones, no push. The fullest first. */
export function planLoads(
  workload: Workload,
  shards: number,
  reads: Pick<ReadsPlan, "backendPerSecond">,
  facts: Facts,
): readonly Load[] {
  const { secrets, instances, regions, rotationDays, push } = workload;
  const rotations = secrets / shards / (rotationDays * secondsPerDay);
  const backend = reads.backendPerSecond / shards / regions;
  const checks = secrets / shards / facts.reconcileInterval.value;
  const demands: Partial<Record<QuotaName, number>> = {
    getSecretValue: backend + checks,
    kmsDecrypt: backend + checks + rotations * facts.decryptsPerRotation.value,
    secretsPerRegion: secrets / shards,
    secretWrites: rotations * facts.writesPerRotation.value,
    rotateSecret: rotations,
    putEvents: rotations * facts.ownEventsPerRotation.value,
    ruleInvocations: rotations * facts.targetsPerRotation.value,
    topicPublishes: rotations,
    topicSubscriptions: push ? instances / shards : 0,
    lambdaConcurrency:
      rotations * (facts.stepsPerRotation.value + facts.functionsAfterRotation.value) * facts.stepDuration.value,
  };
  return (Object.entries(demands) as [QuotaName, number][])
    .map(([quota, demand]) => ({ quota, demand, limit: facts[quota], utilisation: demand / facts[quota].value }))
    .sort((one, other) => other.utilisation - one.utilisation);
}

/** The share of a quota within which two are equally full. */
const alike = 0.99;

/** The fullest quota; of two that are as full, the one that AWS does not raise. */
export function bottleneck(loads: readonly Load[]): Load {
  const [fullest] = loads;
  if (fullest === undefined) throw new RangeError("a plan has loads");
  const full = loads.filter(({ utilisation }) => utilisation >= fullest.utilisation * alike);
  return full.find(({ limit }) => limit.adjustable === undefined) ?? fullest;
}

const mostShards = 1_000_000;

/** The fewest accounts in which no quota is used beyond the target. */
export function fewestShards(workload: Workload, reads: Pick<ReadsPlan, "backendPerSecond">, facts: Facts): number {
  const isEnough = (shards: number): boolean =>
    (planLoads(workload, shards, reads, facts)[0]?.utilisation ?? 0) <= facts.targetUtilisation.value;
  let [tooFew, enough] = [0, 1];
  while (!isEnough(enough) && enough < mostShards) [tooFew, enough] = [enough, enough * 2];
  while (enough - tooFew > 1) {
    const middle = Math.floor((tooFew + enough) / 2);
    if (isEnough(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}
