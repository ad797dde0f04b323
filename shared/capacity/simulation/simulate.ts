import type { CapacityPlan } from "../capacity-plan.ts";
import { type Facts, facts as knownFacts } from "../facts/facts.ts";
import { type SimulatedPush, simulatePush } from "./simulate-push.ts";
import { type SimulatedReads, simulateReads } from "./simulate-reads.ts";

export interface Simulation {
  readonly seed: number;
  readonly reads: SimulatedReads;
  /** Of the secret that every instance of a shard uses; absent without push, or where no window is long enough. */
  readonly push?: SimulatedPush;
}

/** The same workload, played under virtual time. The same seed gives the same answer. */
export async function simulate(plan: CapacityPlan, seed: number, facts: Facts = knownFacts): Promise<Simulation> {
  const { workload, reads, fanOut } = plan;
  const played = { seed, reads: await simulateReads(workload, reads, facts, seed) };
  const { windowSeconds } = fanOut.sharedSecret;
  if (!workload.push || windowSeconds === undefined) return played;
  const window = Math.max(windowSeconds, facts.defaultSpread.value);
  const push = await simulatePush(workload, reads, fanOut.sharedSecret, { windowSeconds: window, seed });
  return { ...played, push };
}
