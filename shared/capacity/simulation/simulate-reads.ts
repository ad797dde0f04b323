import type { Facts } from "../facts/facts.ts";
import { type ReadsPlan, refreshesPerSecond } from "../plan-reads.ts";
import type { Workload } from "../workload.ts";
import { seededRandom } from "./seeded-random.ts";
import { simulatedFleet } from "./simulated-fleet.ts";

export interface SimulatedReads {
  /** How much of the fleet was simulated; the rest is taken to do the same. */
  readonly processes: number;
  readonly cached: number;
  readonly ofCached: number;
  readonly reads: number;
  readonly requests: number;
  readonly virtualSeconds: number;
  /** Of the whole fleet, by scaling. */
  readonly backendPerSecond: number;
  /** Beside the closed form: 0.01 is a hundredth. */
  readonly difference: number;
  /** How far it may be: four standard deviations of a sample of this size. */
  readonly bound: number;
}

const mostProcesses = 20;
const mostCached = 200;
/** How often each cached secret is refreshed while it is counted: more often where that takes few reads. */
const fewestRefreshes = 4;
const mostRefreshes = 100;
const aboutReads = 20_000;
/** Of the TTL, over which the client's jitter spreads refreshes. */
const jitter = 0.2;
/** More reads than that between two refreshes change the requests by less than a hundredth. */
const mostReadsPerRefresh = 100;

/** Of the number of requests: what the intervals vary, and where in an interval the counting began and ended. */
function boundOf(requests: number, cached: number, cycleSeconds: number, deviations: readonly number[]): number {
  const variation = Math.hypot(...deviations) / cycleSeconds;
  return (4 * Math.sqrt(requests * variation ** 2 + cached / 6)) / requests;
}

/**
 * Reads at random moments (Poisson) through the client's own cache, counted once every process has started: a roll-out
 * that lasts as long as a value stays fresh, so that the refreshes of the fleet are spread as they are after days.
 */
export async function simulateReads(
  workload: Pick<Workload, "instances" | "ttlSeconds">,
  reads: ReadsPlan,
  facts: Facts,
  seed: number,
): Promise<SimulatedReads> {
  const { ttlSeconds } = workload;
  const random = seededRandom(seed);
  const processes = Math.min(mostProcesses, workload.instances);
  const each = Math.max(1, Math.floor(Math.min(reads.secretsPerInstance, mostCached / processes)));
  const cached = processes * each;
  const quietSeconds = ttlSeconds * facts.quietShare.value;
  const readsEach = Math.min(reads.readsPerCachedPerSecond, mostReadsPerRefresh / quietSeconds);
  const cycleSeconds = quietSeconds + 1 / readsEach;
  const affordable = Math.floor(aboutReads / (cached * cycleSeconds * readsEach));
  const refreshes = Math.min(mostRefreshes, Math.max(fewestRefreshes, affordable));
  await using fleet = simulatedFleet({ processes, ttlSeconds, spreadSeconds: 0, random });
  const { clock, requestsAtMs } = fleet;
  const startMs = clock.nowMs();
  const pairs = fleet.processes.flatMap((client) =>
    Array.from({ length: each }, (_, secret) => ({
      secretId: `secret-${secret}`,
      client,
      startsAtMs: startMs + random() * cycleSeconds * 1_000,
    })),
  );
  const countFromMs = startMs + 2 * cycleSeconds * 1_000;
  const endMs = countFromMs + refreshes * cycleSeconds * 1_000;
  let atMs = startMs;
  let read = 0;
  for (;;) {
    atMs += (-Math.log(1 - random()) / (readsEach * cached)) * 1_000;
    if (atMs >= endMs) break;
    const pair = pairs[Math.floor(random() * cached)];
    if (pair === undefined || atMs < pair.startsAtMs) continue;
    await clock.advance(atMs - clock.nowMs());
    await pair.client.get(pair.secretId);
    if (atMs >= countFromMs) read++;
  }
  const virtualSeconds = (endMs - countFromMs) / 1_000;
  const requests = requestsAtMs.filter((askedAtMs) => askedAtMs >= countFromMs).length;
  const perCached = requests / virtualSeconds / cached;
  const expected = refreshesPerSecond(readsEach, ttlSeconds, facts);
  const difference = perCached / expected - 1;
  return {
    processes,
    cached,
    ofCached: reads.cached,
    reads: read,
    requests,
    virtualSeconds,
    backendPerSecond: reads.backendPerSecond * (1 + difference),
    difference,
    bound: boundOf(refreshes * cached, cached, cycleSeconds, [(jitter * ttlSeconds) / Math.sqrt(12), 1 / readsEach]),
  };
}
