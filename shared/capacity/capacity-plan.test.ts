import { describe, expect, test } from "vitest";
import { type CapacityPlan, planCapacity } from "./capacity-plan.ts";
import { type FactName, type Facts, facts } from "./facts/facts.ts";
import { growthTable } from "./growth-table.ts";
import { bottleneck } from "./plan-loads.ts";

const value = (name: FactName): number => facts[name].value;
const loadOf = (plan: CapacityPlan, quota: FactName) => plan.loads.find((load) => load.quota === quota);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

describe.each(growthTable)("at $users users", (row) => {
  const plan = planCapacity({ users: row.users });
  const { reads, rotations, sizes, cost, fanOut, shards } = plan;

  test("the workload is the row of the growth table", () => {
    expect(plan.workload).toMatchObject(row);
  });

  test("the backend gets one request for each stretch of a value's life that is read", () => {
    const cached = row.instances * (row.secrets / row.services);
    const secondsBetweenReads = cached / row.readsPerSecond;
    const secondsBetweenRequests = value("quietShare") * plan.workload.ttlSeconds + secondsBetweenReads;
    expect(reads.backendPerSecond).toBeCloseTo(cached / secondsBetweenRequests, 6);
    expect(reads.uncachedPerSecond).toBe(row.readsPerSecond);
    expect(reads.hitShare).toBeCloseTo(1 - cached / secondsBetweenRequests / row.readsPerSecond, 9);
  });

  test("reads are the first bottleneck, and with the cache they no longer are", () => {
    expect(bottleneck(plan.uncachedLoads).quota).toBe("getSecretValue");
    expect(bottleneck(plan.loads).quota).toBe("secretsPerRegion");
    const perRegion = reads.backendPerSecond / shards / row.regions;
    const looks = row.secrets / shards / value("reconcileInterval");
    expect(loadOf(plan, "getSecretValue")?.utilisation).toBeCloseTo((perRegion + looks) / value("getSecretValue"), 9);
  });

  test("the shards are the fewest with which no quota is used beyond the target", () => {
    const isEnough = (shards: number): boolean =>
      (planCapacity({ users: row.users, shards }).loads[0]?.utilisation ?? 0) <= value("targetUtilisation");
    expect([shards, 1, 2, 3, 4, 5].map(isEnough)).toEqual([true, ...[1, 2, 3, 4, 5].map((few) => few >= shards)]);
  });

  test("rotating everything takes what two writes each of the shared quota take", () => {
    expect(rotations.limits[0]?.fact).toBe("secretWrites");
    const writes = (row.secrets / shards) * value("writesPerRotation");
    expect(rotations.everythingSeconds).toBeCloseTo(writes / value("secretWrites"), 6);
  });

  test("a push within its window leaves the quota of reads at the target", () => {
    const { holders, windowSeconds = Number.NaN } = fanOut.sharedSecret;
    const pushed = holders / windowSeconds / row.regions;
    const quiet = Math.max(loadOf(plan, "getSecretValue")?.demand ?? 0, loadOf(plan, "kmsDecrypt")?.demand ?? 0);
    expect((pushed + quiet) / value("getSecretValue")).toBeCloseTo(value("targetUtilisation"), 9);
    expect(fanOut.deliveriesPerRotation).toBe(row.push ? row.instances / shards : 0);
    expect(fanOut.usefulDeliveriesPerRotation).toBe(row.push ? row.instances / row.services : 0);
  });

  test("bandwidth and storage are reads and secrets times their size", () => {
    expect(sizes.uncachedBytesPerSecond).toBe(row.readsPerSecond * plan.workload.secretBytes);
    expect(sizes.currentBytes).toBe(row.secrets * plan.workload.secretBytes);
    expect(sizes.mostBytes / sizes.currentBytes).toBe(value("mostVersions"));
    expect(sizes.vaultNodes * value("vaultReads") * value("targetUtilisation")).toBeGreaterThanOrEqual(
      reads.backendPerSecond * value("vaultNodesPerCluster"),
    );
  });

  test("the cost is the sum of its lines, each secret and replica is paid for, and the cache pays", () => {
    expect(cost.usdPerMonth).toBeCloseTo(sum(cost.lines.map(({ usdPerMonth }) => usdPerMonth)), 6);
    expect(cost.lines[0]?.usdPerMonth).toBeCloseTo(row.secrets * row.regions * value("secretMonth"), 6);
    const cached = cost.lines.find(({ what }) => what.includes("reads of services"))?.usdPerMonth ?? Number.NaN;
    expect(cached / cost.uncachedReadsUsdPerMonth).toBeCloseTo(1 - reads.hitShare, 9);
  });
});

test("10,000 reads a second of 1 KB are 10 MB a second, and 100,000 secrets of it 100 MB", () => {
  const { sizes } = planCapacity({ readsPerSecond: 10_000, secrets: 100_000, secretBytes: 1_000 });
  expect([sizes.uncachedBytesPerSecond, sizes.currentBytes]).toEqual([10e6, 100e6]);
});

test("a size between two rows lies between them, and each of its numbers may be given instead", () => {
  const between = planCapacity({ users: 100_000 }).workload;
  expect(between.secrets).toBe(Math.round(Math.sqrt(10_000 * 100_000)));
  expect(planCapacity({ users: 100_000, secrets: 7, ttlSeconds: 60, push: false }).workload).toMatchObject({
    ...between,
    secrets: 7,
    ttlSeconds: 60,
    push: false,
  });
});

test("without a TTL every read goes to the backend, and a longer one never sends more there", () => {
  const backend = [0, 10, 300, 3_600].map((ttlSeconds) => planCapacity({ ttlSeconds }).reads.backendPerSecond);
  expect(backend[0]).toBeCloseTo(planCapacity({}).reads.uncachedPerSecond, 6);
  expect(backend).toEqual([...backend].sort((one, other) => other - one));
});

test("where the quota is spent no window is enough, and the plan says how many accounts would be", () => {
  const input = { readsPerSecond: 1_000_000, ttlSeconds: 1, regions: 1 };
  const { fanOut, advice } = planCapacity({ ...input, shards: 1 });
  expect(fanOut.sharedSecret.windowSeconds).toBeUndefined();
  const enough = planCapacity(input).shards;
  expect(advice[0]?.text).toMatch(new RegExp(`^${enough} accounts instead of 1: `));
});

test("every fact moves a figure: no quota, price or rate stands in the arithmetic itself", () => {
  const inputs = [
    { users: 100, customerKey: true },
    { users: 100_000_000, customerKey: true },
    { users: 100, secrets: 1_000_000, services: 1, shards: 1, push: true },
  ];
  const figures = (known: Facts): string =>
    JSON.stringify(
      inputs.map((input) => planCapacity(input, known)),
      (key, part: unknown) => (key === "limit" ? undefined : part),
    );
  const usual = figures(facts);
  const unused = (Object.keys(facts) as FactName[]).filter(
    (name) => figures({ ...facts, [name]: { ...facts[name], value: facts[name].value * 1.5 } }) === usual,
  );
  expect(unused).toEqual([]);
});

test("every fact says where and when it is from", () => {
  for (const { source, date, what, unit } of Object.values(facts)) {
    expect(date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect([source, what, unit]).not.toContain("");
  }
});

test.each([
  ["users", { users: 0 }],
  ["services", { services: 1.5 }],
  ["shards", { shards: 0 }],
  ["readsPerSecond", { readsPerSecond: 0 }],
  ["ttlSeconds", { ttlSeconds: -1 }],
  ["rotationDays", { rotationDays: Number.NaN }],
])("a wrong number of %s is refused by name", (option, input) => {
  expect(() => planCapacity(input)).toThrow(
    expect.objectContaining({ code: "option-invalid", context: expect.objectContaining({ option }) as unknown }),
  );
});
