import type { Facts } from "./facts/facts.ts";
import type { ReadsPlan } from "./plan-reads.ts";
import type { Workload } from "./workload.ts";

/** A rotation whose event reaches `holders` instances, which all ask for the new version. */
export interface PushPlan {
  readonly holders: number;
  /** What is left of the GetSecretValue and KMS quotas of one account, over its regions. */
  readonly freePerSecond: number;
  /** `spreadMs` must be at least that; `undefined`: nothing is left, no window is long enough. */
  readonly windowSeconds: number | undefined;
  /** With a single user the replaced credential is dead and reads ask at once, however long the window. */
  readonly askAtOncePerSecond: number;
}

export interface FanOutPlan {
  readonly eventsPerRotation: number;
  readonly targetsPerRotation: number;
  /** To the queues of instances, which hear of every rotation of their shard. */
  readonly deliveriesPerRotation: number;
  readonly usefulDeliveriesPerRotation: number;
  /** A secret of one service, which is the usual one. */
  readonly ownSecret: PushPlan;
  /** A secret that every instance of the shard uses: the worst there is. */
  readonly sharedSecret: PushPlan;
}

export function planFanOut(
  workload: Workload,
  shards: number,
  reads: ReadsPlan,
  facts: Facts,
  freePerRegion: number,
): FanOutPlan {
  const { instances, services, regions, push } = workload;
  const freePerSecond = Math.max(0, freePerRegion * regions);
  const pushTo = (holders: number): PushPlan => ({
    holders,
    freePerSecond,
    windowSeconds: freePerSecond > 0 ? holders / freePerSecond : undefined,
    askAtOncePerSecond: holders * reads.readsPerCachedPerSecond,
  });
  const holders = Math.max(1, instances / services);
  return {
    eventsPerRotation: facts.ownEventsPerRotation.value + facts.awsEventsPerRotation.value,
    targetsPerRotation: facts.targetsPerRotation.value,
    deliveriesPerRotation: push ? instances / shards : 0,
    usefulDeliveriesPerRotation: push ? holders : 0,
    ownSecret: pushTo(holders),
    sharedSecret: pushTo(Math.max(1, instances / shards)),
  };
}
