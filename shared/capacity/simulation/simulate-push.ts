import type { PushPlan } from "../plan-push.ts";
import type { ReadsPlan } from "../plan-reads.ts";
import type { Workload } from "../workload.ts";
import { seededRandom } from "./seeded-random.ts";
import { simulatedFleet } from "./simulated-fleet.ts";

export interface SimulatedPush {
  readonly processes: number;
  readonly ofHolders: number;
  readonly windowSeconds: number;
  /** Each process must have asked once. */
  readonly requests: number;
  /** Of all holders, by scaling, in each tenth of the window and in what comes after it. */
  readonly requestsPerSecond: readonly number[];
  /** How far a tenth may be from the mean by chance, as a share of it: four standard deviations. */
  readonly sampleScatter: number;
  /** The same for all holders at once: what a real push shows. */
  readonly fleetScatter: number;
}

const mostProcesses = 200;
const parts = 10;

const scatter = (processes: number): number => 4 * Math.sqrt((parts - 1) / processes);

/** One rotation of a secret that `push.holders` processes hold, with alternating users: how its refreshes spread. */
export async function simulatePush(
  workload: Pick<Workload, "ttlSeconds">,
  reads: Pick<ReadsPlan, "readsPerCachedPerSecond">,
  push: Pick<PushPlan, "holders">,
  options: { readonly windowSeconds: number; readonly seed: number; readonly replacedStillWorks?: boolean },
): Promise<SimulatedPush> {
  const { windowSeconds, seed, replacedStillWorks = true } = options;
  const random = seededRandom(seed);
  const processes = Math.min(mostProcesses, Math.ceil(push.holders));
  await using fleet = simulatedFleet({
    processes,
    ttlSeconds: Math.max(workload.ttlSeconds, 10 * windowSeconds),
    spreadSeconds: windowSeconds,
    random,
  });
  const { clock, requestsAtMs } = fleet;
  const readEach = async (): Promise<unknown> =>
    Promise.all(fleet.processes.map(async (client) => client.get("secret")));
  await readEach();
  const before = requestsAtMs.length;
  const startMs = clock.nowMs();
  fleet.rotate("secret", { replacedStillWorks });
  const perSecond = reads.readsPerCachedPerSecond * processes;
  const lengthMs = windowSeconds * 1_000;
  const endMs = startMs + lengthMs * (1 + 1 / parts);
  let atMs = startMs;
  for (;;) {
    atMs += (-Math.log(1 - random()) / perSecond) * 1_000;
    if (atMs >= endMs) break;
    await clock.advance(atMs - clock.nowMs());
    await fleet.processes[Math.floor(random() * processes)]?.get("secret");
  }
  await clock.advance(endMs - clock.nowMs());
  const asked = requestsAtMs.slice(before).map((askedAtMs) => askedAtMs - startMs);
  const scale = push.holders / processes / (windowSeconds / parts);
  const inPart = (part: number): number =>
    asked.filter((offsetMs) => Math.min(parts, Math.floor((offsetMs / lengthMs) * parts)) === part).length;
  return {
    processes,
    ofHolders: push.holders,
    windowSeconds,
    requests: asked.length,
    requestsPerSecond: Array.from({ length: parts + 1 }, (_, part) => inPart(part) * scale),
    sampleScatter: scatter(processes),
    fleetScatter: scatter(push.holders),
  };
}
