import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RekeyError } from "../../shared/errors/rekey-error.ts";
import type { CampaignEvent } from "../../shared/operations/campaign/campaign-events.ts";
import type { CampaignOptions } from "../../shared/operations/campaign/campaign-options.ts";
import { rotateCampaign } from "../../shared/operations/campaign/rotate-campaign.ts";
import { arnOf, type Fate, memoryFleet } from "./memory-fleet.ts";

type Fleet = ReturnType<typeof memoryFleet>;
const never = { signal: new AbortController().signal };
const named = (count: number): readonly string[] => Array.from({ length: count }, (_item, index) => `db/app-${index}`);

async function run(
  { ports }: Fleet,
  names: readonly string[],
  options: Partial<CampaignOptions> = {},
  call = never,
): Promise<readonly CampaignEvent[]> {
  const events: CampaignEvent[] = [];
  for await (const event of rotateCampaign(ports, names, { campaign: "test", pollMs: 100, ...options }, call)) {
    events.push(event);
  }
  return events;
}
const end = (events: readonly CampaignEvent[]) => events.find(({ type }) => type === "campaign-finished");
const progress = (events: readonly CampaignEvent[], name: string): readonly string[] =>
  events.flatMap((event) => (event.type === "progress" && event.secretArn === arnOf(name) ? [event.progress] : []));
const codes = (events: readonly CampaignEvent[]): readonly unknown[] =>
  events.flatMap((event) => (event.type === "progress" && event.code !== undefined ? [event.code] : []));

describe("a rotation by hand", () => {
  test("is told from the request to its end, and its reason is on the secret before it begins", async () => {
    const fleet = memoryFleet(["db/app-0"]);
    const events = await run(fleet, ["db/app-0"], { reason: "left the company: INC-42" });
    expect(progress(events, "db/app-0")).toEqual(["requested", "promoted", "rotated"]);
    expect(end(events)).toMatchObject({ rotated: 1, failed: 0, left: 0, stopped: "no" });
    expect(fleet.secret("db/app-0").tags.get("rekey:rotation-reason")).toBe("left the company: INC-42");
    expect(fleet.calls.indexOf("TagResource")).toBeLessThan(fleet.calls.indexOf("RotateSecret"));
  });

  test("that is rolled back is rotation-failed, with the code that the function logged", async () => {
    const fleet = memoryFleet(["db/app-0"]);
    fleet.fates.set("db/app-0", "rolled-back");
    const events = await run(fleet, ["db/app-0"]);
    expect(events.find((event) => event.type === "progress" && event.progress === "failed")).toMatchObject({
      code: "rotation-failed",
      hint: expect.stringContaining("credential-refused: "),
    });
    expect(end(events)).toMatchObject({ rotated: 0, failed: 1 });
  });

  test("of what an AWS service rotates is rotated-elsewhere, and changes nothing", async () => {
    const fleet = memoryFleet(["rds!db-1"]);
    fleet.secret("rds!db-1").managedBy = "rds";
    expect(codes(await run(fleet, ["rds!db-1"], { reason: "INC-42" }))).toEqual(["rotated-elsewhere"]);
    expect(fleet.calls).toEqual(["DescribeSecret"]);
  });

  test("that does not end in time is rotation-under-way", async () => {
    const fleet = memoryFleet(["db/app-0"]);
    fleet.fates.set("db/app-0", "hangs");
    expect(codes(await run(fleet, ["db/app-0"], { timeoutMs: 5_000 }))).toEqual(["rotation-under-way"]);
  });

  test.each(["busy", "busy-again", "busy-once"] as const)(
    "whose server has no connection left says so while it waits, and ends with that when it is tried in vain: %s",
    async (fate) => {
      const fleet = memoryFleet(["db/app-0"]);
      fleet.fates.set("db/app-0", fate);
      const beganMs = fleet.ports.nowMs();
      const events = await run(fleet, ["db/app-0"], { pollMs: 1_000 });
      expect(progress(events, "db/app-0")).toEqual(["requested", "waiting", "failed"]);
      expect(events.filter((event) => event.type === "progress").slice(1)).toMatchObject([
        { code: "database-busy", hint: expect.any(String) },
        { code: "rotation-failed", hint: expect.stringContaining("database-busy: ") },
      ]);
      // Long before its time is up.
      expect(fleet.ports.nowMs() - beganMs).toBeLessThan(330_000);
    },
  );

  test("that is tried again with success has waited, and is rotated", async () => {
    const fleet = memoryFleet(["db/app-0"]);
    fleet.fates.set("db/app-0", "relieved");
    const events = await run(fleet, ["db/app-0"], { pollMs: 1_000 });
    expect(progress(events, "db/app-0")).toEqual(["requested", "waiting", "promoted", "rotated"]);
    expect(end(events)).toMatchObject({ rotated: 1, failed: 0 });
  });

  test("whose function logs nothing says that it may be throttled", async () => {
    const fleet = memoryFleet(["db/app-0"]);
    fleet.fates.set("db/app-0", "hangs");
    const events = await run(fleet, ["db/app-0"], { pollMs: 1_000 });
    expect(progress(events, "db/app-0")).toEqual(["requested", "waiting", "failed"]);
    expect(events).toContainEqual(expect.objectContaining({ hint: expect.stringContaining("reserved concurrency") }));
  });

  test("is not begun beside another rotation, or where rotation is off, or for a secret that is not there", async () => {
    const fleet = memoryFleet(named(2));
    const busy = fleet.secret("db/app-0");
    busy.versions.push({ versionId: "other", labels: ["AWSPENDING"], createdAt: new Date() });
    fleet.fates.set("db/app-0", "hangs");
    fleet.secret("db/app-1").rotationEnabled = false;
    const events = await run(fleet, [...named(2), "nobody"], { stopAfter: 10 });
    expect(new Set(codes(events))).toEqual(new Set(["rotation-disabled", "rotation-under-way", "secret-not-found"]));
    expect(fleet.starts).toEqual([]);
  });

  test("whose request is throttled is asked for again under the same VersionId", async () => {
    const fleet = memoryFleet(["db/app-0"]);
    fleet.refusals.push(new RekeyError("store-throttled"), new RekeyError("store-unavailable"));
    const events = await run(fleet, ["db/app-0"]);
    expect(end(events)).toMatchObject({ rotated: 1 });
    expect(fleet.secret("db/app-0").versions).toHaveLength(2);
  });
});

describe("a campaign", () => {
  test("begins with the canary, and no other secret is touched when that fails", async () => {
    const fleet = memoryFleet(named(30));
    fleet.fates.set("db/app-0", "rolled-back");
    const events = await run(fleet, named(30));
    expect(fleet.starts.map(({ name }) => name)).toEqual(["db/app-0"]);
    expect(end(events)).toMatchObject({ failed: 1, left: 29, stopped: "by-failures" });
  });

  test("goes wave by wave, never faster than asked, with no more under way than asked", async () => {
    const fleet = memoryFleet(named(60));
    const events = await run(fleet, named(60), { waveSize: 25, startsPerSecond: 5, atOnce: 4 });
    expect(events[0]).toMatchObject({ type: "campaign-started", waves: [1, 25, 25, 9] });
    expect(end(events)).toMatchObject({ rotated: 60, left: 0 });
    expect(fleet.most.underWay).toBeLessThanOrEqual(4);
    const times = fleet.starts.map(({ atMs }) => atMs);
    const fifths = times.slice(5).map((time, at) => time - (times[at] ?? 0));
    expect(Math.min(...fifths)).toBeGreaterThanOrEqual(1_000);
  });

  test("stops after so many failures, and waits for what is under way", async () => {
    const fleet = memoryFleet(named(40));
    for (const name of ["db/app-5", "db/app-6"]) fleet.fates.set(name, "refused");
    const events = await run(fleet, named(40), { stopAfter: 2, atOnce: 3 });
    const { rotated, failed, left } = end(events) as CampaignEvent & { type: "campaign-finished" };
    expect([failed, rotated + left]).toEqual([2, 38]);
    expect(left).toBeGreaterThan(20);
    expect(fleet.starts).toHaveLength(rotated + failed);
  });

  test("without waiting it asks for every rotation and looks at none", async () => {
    const fleet = memoryFleet(named(10));
    const events = await run(fleet, named(10), { wait: false });
    expect(end(events)).toMatchObject({ rotated: 10, left: 0 });
    expect(fleet.calls.filter((name) => name === "DescribeSecret")).toHaveLength(10);
  });

  test("cut anywhere and run again under its name, it rotates every secret exactly once", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 4 }), async (cuts) => {
        const fleet = memoryFleet(named(12));
        for (const after of cuts) {
          const controller = new AbortController();
          let seen = 0;
          const options = { campaign: "breach", pollMs: 100, waveSize: 5, atOnce: 3 };
          for await (const _event of rotateCampaign(fleet.ports, named(12), options, controller)) {
            if (++seen === after) controller.abort();
          }
        }
        const events = await run(fleet, named(12), { campaign: "breach", waveSize: 5, atOnce: 3 });
        expect(end(events)).toMatchObject({ failed: 0, left: 0, stopped: "no" });
        for (const name of named(12)) {
          const { versions } = fleet.secret(name);
          expect(versions).toHaveLength(2);
          expect(versions[1]?.labels).toContain("AWSCURRENT");
        }
      }),
      { numRuns: 60 },
    );
  });

  test("that nobody listens to any more begins nothing further, and goes on under its name", async () => {
    const fleet = memoryFleet(named(40));
    const options = { campaign: "left", pollMs: 100, atOnce: 2 };
    for await (const { type } of rotateCampaign(fleet.ports, named(40), options, never)) if (type === "progress") break;
    const begun = fleet.starts.length;
    await fleet.ports.pause(60_000, never);
    await fleet.ports.pause(60_000, never);
    expect([begun, fleet.starts.length]).toEqual([1, 1]);
    expect(end(await run(fleet, named(40), { campaign: "left" }))).toMatchObject({ failed: 0, left: 0 });
    expect(fleet.secret("db/app-0").versions).toHaveLength(2);
  });

  test("run again after the cause was mended, it rotates anew what had been rolled back, and nothing else", async () => {
    const fleet = memoryFleet(named(4));
    fleet.fates.set("db/app-2", "rolled-back");
    await run(fleet, named(4), { stopAfter: 10 });
    fleet.fates.set("db/app-2", "well" satisfies Fate);
    fleet.starts.length = 0;
    const events = await run(fleet, named(4));
    expect(end(events)).toMatchObject({ rotated: 1, already: 3, failed: 0 });
    expect(fleet.starts.map(({ name }) => name)).toEqual(["db/app-2"]);
  });

  test("a secret that has been rotated since counts as done, though the campaign's version has lost its labels", async () => {
    const fleet = memoryFleet(["db/app-0"]);
    for (const campaign of ["first", "second", "third"]) {
      fleet.advance(1_000);
      await run(fleet, ["db/app-0"], { campaign });
    }
    expect(end(await run(fleet, ["db/app-0"], { campaign: "first" }))).toMatchObject({ already: 1, rotated: 0 });
  });

  test.each([
    [{ startsPerSecond: 0 }, "startsPerSecond"],
    [{ waveSize: Number.NaN }, "waveSize"],
    [{ campaign: "a b" }, "campaign"],
    [{ reason: "why?" }, "reason"],
  ])("%j is option-invalid before anything is asked", (options, option) => {
    const fleet = memoryFleet(["db/app-0"]);
    expect(() => rotateCampaign(fleet.ports, ["db/app-0"], { campaign: "c", ...options }, never)).toThrow(
      expect.objectContaining({ code: "option-invalid", context: expect.objectContaining({ option }) }),
    );
    expect(fleet.calls).toEqual([]);
  });
});
