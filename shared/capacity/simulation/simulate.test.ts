import { expect, test } from "vitest";
import { planCapacity } from "../capacity-plan.ts";
import { growthTable } from "../growth-table.ts";
import { simulate, type Simulation } from "./simulate.ts";
import { simulatePush } from "./simulate-push.ts";

const seeds = [1, 2];

test.each(growthTable.flatMap(({ users }) => seeds.map((seed) => [users, seed] as const)))(
  "at %d users, seed %d, the client's cache asks the backend as often as the closed form says",
  async (users, seed) => {
    const plan = planCapacity({ users });
    const { reads } = await simulate(plan, seed);
    expect(Math.abs(reads.backendPerSecond / plan.reads.backendPerSecond - 1)).toBeLessThan(reads.bound);
    expect(reads.bound).toBeLessThan(0.04);
  },
);

test.each([
  ["no TTL", { ttlSeconds: 0, readsPerSecond: 1_000 }],
  ["a secret read once in ten TTLs", { ttlSeconds: 30, readsPerSecond: 5_000 / 30 }],
  ["many reads in each second", { ttlSeconds: 60, readsPerSecond: 5_000_000 }],
  ["one instance with one secret", { services: 1, instances: 1, secrets: 1, readsPerSecond: 100, ttlSeconds: 1 }],
])("they agree with %s, too", async (_what, input) => {
  const { reads } = await simulate(planCapacity({ ...input, push: false }), 1);
  expect(Math.abs(reads.difference)).toBeLessThan(reads.bound);
  expect(reads.bound).toBeLessThan(0.1);
});

test("the same seed gives the same run, another one another", async () => {
  const plan = planCapacity({});
  const [one, again, other]: readonly Simulation[] = await Promise.all([1, 1, 2].map((seed) => simulate(plan, seed)));
  expect(one).toEqual(again);
  expect(other?.push?.requestsPerSecond).not.toEqual(one?.push?.requestsPerSecond);
});

test.each(seeds)(
  "seed %d: a push has every process ask once, evenly over the window and none after it",
  async (seed) => {
    const plan = planCapacity({ users: 100_000_000 });
    const { push } = await simulate(plan, seed);
    expect(push?.requests).toBe(push?.processes);
    const { requestsPerSecond = [], ofHolders = 0, windowSeconds = 0, sampleScatter = 0 } = push ?? {};
    expect(requestsPerSecond.at(-1)).toBe(0);
    const mean = ofHolders / windowSeconds;
    for (const rate of requestsPerSecond.slice(0, -1)) expect(Math.abs(rate / mean - 1)).toBeLessThan(sampleScatter);
  },
);

test("with a single user reads ask at once, as fast as the plan warns", async () => {
  const holders = 200;
  const reads = { readsPerCachedPerSecond: 5 };
  const options = { windowSeconds: 1, seed: 1, replacedStillWorks: false };
  const { requestsPerSecond, requests } = await simulatePush({ ttlSeconds: 300 }, reads, { holders }, options);
  expect(requests).toBe(holders);
  // In the first tenth: those whose turn it is, and those who read.
  const share = 1 - 0.9 * Math.exp(-0.1 * reads.readsPerCachedPerSecond);
  const spread = 4 * Math.sqrt(holders * share * (1 - share));
  expect(Math.abs((requestsPerSecond[0] ?? 0) / 10 - holders * share)).toBeLessThan(spread);
});
