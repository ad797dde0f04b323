import type { Facts } from "./facts/facts.ts";
import type { CostPlan } from "./plan-cost.ts";
import { bottleneck, type Load } from "./plan-loads.ts";
import type { FanOutPlan } from "./plan-push.ts";
import { type ReadsPlan, refreshesPerSecond } from "./plan-reads.ts";
import type { RotationsPlan } from "./plan-rotations.ts";
import type { SizesPlan } from "./plan-sizes.ts";
import { amount, duration, percent, perSecond, usd } from "./quantity.ts";
import type { Workload } from "./workload.ts";

/** What to do, and the figure from which on it is worth doing. */
export interface Advice {
  readonly topic: "shards" | "regions" | "cache" | "push" | "rotation" | "fan-out" | "vault";
  readonly text: string;
  /** The unit is a noun, or `/s` and one. */
  readonly trigger: { readonly value: number; readonly unit: string };
}

/** What the arithmetic gives, before anything is advised. */
export interface CapacityFigures {
  readonly workload: Workload;
  /** Accounts: those asked for, or the fewest that carry the workload. */
  readonly shards: number;
  readonly fewestShards: number;
  readonly reads: ReadsPlan;
  /** The fullest first: that is the first bottleneck. */
  readonly loads: readonly Load[];
  /** The same, were there no cache, in as many accounts. */
  readonly uncachedLoads: readonly Load[];
  readonly fanOut: FanOutPlan;
  readonly rotations: RotationsPlan;
  readonly sizes: SizesPlan;
  readonly cost: CostPlan;
}

const longTtlSeconds = 3_600;
const longRotationSeconds = 3_600;
const mostDeliveries = 10;

function shards({ loads, shards, fewestShards }: CapacityFigures, facts: Facts): Advice {
  const share = facts.targetUtilisation.value;
  const full = bottleneck(loads);
  const growth = share / full.utilisation;
  const secrets = Math.floor(share * facts.secretsPerRegion.value * shards);
  const trigger = { value: secrets, unit: "secrets" };
  if (shards < fewestShards) {
    return {
      topic: "shards",
      text: `${amount(fewestShards)} accounts instead of ${amount(shards)}: ${full.limit.what} is at ${percent(full.utilisation)}, and the plan goes up to ${percent(share)}`,
      trigger,
    };
  }
  const room = `The next account is due at ${amount(growth)} times this load, by ${full.limit.what}; by secrets alone at ${amount(secrets)}`;
  const withOneLess = (full.utilisation * shards) / (shards - 1);
  const now =
    shards === 1
      ? "One account carries this."
      : `${amount(shards)} accounts, each with its own bus, topic and Vault cluster, each service in one; with one less, ${full.limit.what} would be at ${percent(withOneLess)}.`;
  return { topic: "shards", text: `${now} ${room}`, trigger };
}

function regions({ workload, reads, shards }: CapacityFigures, facts: Facts): Advice {
  const { regions, ttlSeconds } = workload;
  const carries = facts.targetUtilisation.value * facts.getSecretValue.value * shards * regions;
  const trigger = { value: carries, unit: "/s backend reads" };
  const limit = `${regions === 1 ? "One region carries" : `${amount(regions)} regions carry`} ${perSecond(carries)} backend reads (now ${perSecond(reads.backendPerSecond)})`;
  const outage = duration(ttlSeconds + facts.maxStale.value);
  if (regions === 1) {
    return {
      topic: "regions",
      text: `${limit}. Take a second one sooner if services must outlive an outage of Secrets Manager longer than ${outage}: so long they serve what they hold`,
      trigger,
    };
  }
  return {
    topic: "regions",
    text: `${limit}. Each replica is billed as a secret; rotation runs in the primary region only`,
    trigger,
  };
}

function cache({ workload, reads, cost }: CapacityFigures, facts: Facts): readonly Advice[] {
  const { push, ttlSeconds } = workload;
  const most = facts.secretsPerProcess.value;
  const tooMany: Advice = {
    topic: "cache",
    text: `An instance uses ${amount(reads.secretsPerInstance)} secrets and keeps ${amount(most)}: raise maxSecrets, or it asks again for those that it dropped and this plan is too low`,
    trigger: { value: most, unit: "secrets of one instance" },
  };
  const longer = reads.cached * refreshesPerSecond(reads.readsPerCachedPerSecond, longTtlSeconds, facts);
  const saved = (reads.backendPerSecond - longer) * facts.secondsPerMonth.value * facts.secretsManagerCall.value;
  const raise: Advice = {
    topic: "cache",
    text: `Events tell of rotations, so the TTL is a safety net: at ${duration(longTtlSeconds)} the backend gets ${perSecond(longer)} instead of ${perSecond(reads.backendPerSecond)}, ${usd(saved)} less a month`,
    trigger: { value: longTtlSeconds, unit: "s of TTL with push" },
  };
  const isWorthIt = push && ttlSeconds < longTtlSeconds && saved > cost.usdPerMonth / 100;
  return [...(reads.secretsPerInstance > most ? [tooMany] : []), ...(isWorthIt ? [raise] : [])];
}

function push({ workload, fanOut, reads }: CapacityFigures, facts: Facts): Advice {
  if (!workload.push) {
    const apart = facts.quietShare.value * workload.ttlSeconds + 1 / reads.readsPerCachedPerSecond;
    return {
      topic: "push",
      text: `Without push an instance learns of a rotation after ${duration(apart / 2)} on average, and a replaced credential must work for ${duration(2 * workload.ttlSeconds)}. Push ends that`,
      trigger: { value: 2 * workload.ttlSeconds, unit: "s of grace" },
    };
  }
  const { sharedSecret } = fanOut;
  const { windowSeconds } = sharedSecret;
  const spread = facts.defaultSpread.value;
  const trigger = {
    value: Math.floor(spread * sharedSecret.freePerSecond),
    unit: "instances that use one secret",
  };
  const singleUser = `With a single user, reads ask at once instead: up to ${perSecond(sharedSecret.askAtOncePerSecond)} for such a secret, so use alternating users for it`;
  if (windowSeconds === undefined)
    return {
      topic: "push",
      text: "Nothing of the quota is left for a push: more shards or a longer TTL first",
      trigger,
    };
  const needed =
    windowSeconds <= spread
      ? `the client's own spread of ${duration(spread)} is enough`
      : `set spreadMs to ${Math.ceil(windowSeconds * 1_000)}`;
  return {
    topic: "push",
    text: `A secret that all ${amount(sharedSecret.holders)} instances of a shard use needs a window of ${duration(windowSeconds)}: ${needed}. ${singleUser}`,
    trigger,
  };
}

function fanOut({ fanOut, workload }: CapacityFigures): readonly Advice[] {
  const { deliveriesPerRotation, usefulDeliveriesPerRotation } = fanOut;
  const factor = deliveriesPerRotation / usefulDeliveriesPerRotation;
  if (!workload.push || factor < mostDeliveries) return [];
  return [
    {
      topic: "fan-out",
      text: `Of ${amount(deliveriesPerRotation)} deliveries for a rotation ${amount(usefulDeliveriesPerRotation)} reach an instance that uses the secret: a filter policy on each queue's subscription saves the others`,
      trigger: { value: mostDeliveries, unit: "deliveries for each that is used" },
    },
  ];
}

function rotation({ rotations, shards, workload }: CapacityFigures): readonly Advice[] {
  if (rotations.everythingSeconds <= longRotationSeconds) return [];
  const perShard = rotations.perSecondPerShard * longRotationSeconds;
  const needed = Math.ceil(workload.secrets / perShard);
  return [
    {
      topic: "rotation",
      text: `Rotating everything after a breach takes ${duration(rotations.everythingSeconds)}: begin with what the breach touched. Within ${duration(longRotationSeconds)} it needs ${amount(needed)} accounts instead of ${amount(shards)}`,
      trigger: { value: perShard, unit: "secrets of an account" },
    },
  ];
}

function vault({ sizes, shards, reads }: CapacityFigures, facts: Facts): readonly Advice[] {
  const carries = facts.vaultReads.value * facts.targetUtilisation.value;
  if (sizes.vaultClusters <= shards) return [];
  return [
    {
      topic: "vault",
      text: `${amount(sizes.vaultClusters)} Vault clusters if services read ${perSecond(reads.backendPerSecond)} from Vault instead of Secrets Manager; ${amount(shards)} if Vault is only a mirror. Measure yours: the rate is of a small machine`,
      trigger: { value: carries, unit: "/s reads of one Vault cluster" },
    },
  ];
}

export const advise = (figures: CapacityFigures, facts: Facts): readonly Advice[] => [
  shards(figures, facts),
  regions(figures, facts),
  ...cache(figures, facts),
  push(figures, facts),
  ...fanOut(figures),
  ...rotation(figures),
  ...vault(figures, facts),
];
