import type { CapacityPlan } from "./capacity-plan.ts";
import { bottleneck, type Load } from "./plan-loads.ts";
import { amount, bytes, duration, percent, perSecond, usd } from "./quantity.ts";

export interface PlanRow {
  readonly name: string;
  readonly cell: (plan: CapacityPlan) => string;
}

export interface PlanSection {
  readonly title: string;
  readonly rows: readonly PlanRow[];
}

const row = (name: string, cell: PlanRow["cell"]): PlanRow => ({ name, cell });

const fullest = (loads: readonly Load[]): string => percent(loads[0]?.utilisation ?? 0);
const headroom = ({ loads }: CapacityPlan): string => `${amount(1 / (loads[0]?.utilisation ?? 1))} x`;
const seconds = (value: number | undefined): string => (value === undefined ? "none is enough" : duration(value));

/** What the command and the console show of a plan, one column for each plan. */
export const planSections: readonly PlanSection[] = [
  {
    title: "Asked for",
    rows: [
      row("services", ({ workload }) => amount(workload.services)),
      row("instances", ({ workload }) => amount(workload.instances)),
      row("secrets", ({ workload }) => amount(workload.secrets)),
      row("reads by services", ({ reads }) => perSecond(reads.uncachedPerSecond)),
      row("TTL of the cache", ({ workload }) => duration(workload.ttlSeconds)),
      row("push of new versions", ({ workload }) => (workload.push ? "on" : "off")),
      row("regions", ({ workload }) => amount(workload.regions)),
      row("shards (AWS accounts)", ({ shards }) => amount(shards)),
    ],
  },
  {
    title: "Reads",
    rows: [
      row("backend without a cache", ({ reads }) => perSecond(reads.uncachedPerSecond)),
      row("  of its fullest quota", ({ uncachedLoads }) => fullest(uncachedLoads)),
      row("backend with the cache", ({ reads }) => perSecond(reads.backendPerSecond)),
      row("  of its fullest quota", ({ loads }) => fullest(loads)),
      row("answered by the cache", ({ reads }) => percent(reads.hitShare)),
      row("bandwidth without, with", ({ sizes }) =>
        [sizes.uncachedBytesPerSecond, sizes.backendBytesPerSecond].map((value) => `${bytes(value)}/s`).join(", "),
      ),
    ],
  },
  {
    title: "First bottleneck",
    rows: [
      row("without a cache", ({ uncachedLoads }) => bottleneck(uncachedLoads).limit.what),
      row("with the cache", ({ loads }) => bottleneck(loads).limit.what),
      row("reached at", (plan) => `${headroom(plan)} this load`),
    ],
  },
  {
    title: "A rotation",
    rows: [
      row("events", ({ fanOut }) => amount(fanOut.eventsPerRotation)),
      row("deliveries by EventBridge", ({ fanOut }) => amount(fanOut.targetsPerRotation)),
      row("deliveries to instances", ({ fanOut }) => amount(fanOut.deliveriesPerRotation)),
      row("  that use the secret", ({ fanOut }) => amount(fanOut.usefulDeliveriesPerRotation)),
      row("refresh window, own secret", ({ workload, fanOut }) =>
        workload.push ? seconds(fanOut.ownSecret.windowSeconds) : "-",
      ),
      row("refresh window, shared by all", ({ workload, fanOut }) =>
        workload.push ? seconds(fanOut.sharedSecret.windowSeconds) : "-",
      ),
    ],
  },
  {
    title: "Rotating everything after a breach",
    rows: [
      row("takes at least", ({ rotations }) => duration(rotations.everythingSeconds)),
      row("at", ({ rotations, shards }) => perSecond(rotations.perSecondPerShard * shards)),
    ],
  },
  {
    title: "Storage",
    rows: [
      row("one version of each", ({ sizes }) => bytes(sizes.currentBytes)),
      row("with AWSPREVIOUS", ({ sizes }) => bytes(sizes.labelledBytes)),
      row("with all versions kept", ({ sizes }) => bytes(sizes.mostBytes)),
      row("in Vault", ({ sizes }) => bytes(sizes.vaultBytes)),
      row("Vault nodes, as a mirror", ({ sizes }) => amount(sizes.mirrorNodes)),
      row("  if services read from it", ({ sizes }) => amount(sizes.vaultNodes)),
    ],
  },
  {
    title: "Cost a month",
    rows: [
      row("everything counted", ({ cost }) => usd(cost.usdPerMonth)),
      row("  for each user", ({ cost }) => usd(cost.usdPerUserPerMonth)),
      row("reads alone without a cache", ({ cost }) => usd(cost.uncachedReadsUsdPerMonth)),
    ],
  },
];
