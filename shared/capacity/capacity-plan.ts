import { type Advice, advise, type CapacityFigures } from "./advice.ts";
import { type Facts, facts as knownFacts } from "./facts/facts.ts";
import { planCost } from "./plan-cost.ts";
import { fewestShards, type Load, planLoads } from "./plan-loads.ts";
import { planFanOut } from "./plan-push.ts";
import { planReads } from "./plan-reads.ts";
import { planRotations } from "./plan-rotations.ts";
import { planSizes } from "./plan-sizes.ts";
import { type WorkloadInput, workloadFrom } from "./workload.ts";

export interface CapacityPlan extends CapacityFigures {
  readonly advice: readonly Advice[];
}

/** What is left of the reads of one account in one region, within the target. */
const freeReads = (loads: readonly Load[], facts: Facts): number =>
  Math.min(
    ...loads
      .filter(({ quota }) => quota === "getSecretValue" || quota === "kmsDecrypt")
      .map(({ demand, limit }) => limit.value * facts.targetUtilisation.value - demand),
  );

/** The closed form: what the workload asks of every service, from the facts alone. Errors: `option-invalid`. */
export function planCapacity(input: WorkloadInput, facts: Facts = knownFacts): CapacityPlan {
  const workload = workloadFrom(input);
  const reads = planReads(workload, facts);
  const fewest = fewestShards(workload, reads, facts);
  const shards = workload.shards ?? fewest;
  const loads = planLoads(workload, shards, reads, facts);
  const uncachedLoads = planLoads(workload, shards, { backendPerSecond: reads.uncachedPerSecond }, facts);
  const fanOut = planFanOut(workload, shards, reads, facts, freeReads(loads, facts));
  const rotations = planRotations(workload, shards, fanOut, facts);
  const sizes = planSizes(workload, shards, reads, facts);
  const cost = planCost(workload, shards, { reads, fanOut, rotations }, facts);
  const figures: CapacityFigures = {
    workload,
    shards,
    fewestShards: fewest,
    reads,
    loads,
    uncachedLoads,
    fanOut,
    rotations,
    sizes,
    cost,
  };
  return { ...figures, advice: advise(figures, facts) };
}
