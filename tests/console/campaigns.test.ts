import { expect, test } from "vitest";
import { campaigns } from "../../console/server/campaigns.ts";
import type { CampaignEvent } from "../../shared/operations/campaign/campaign-events.ts";
import { arnOf, memoryFleet } from "../operations/memory-fleet.ts";

const names = Array.from({ length: 30 }, (_name, at) => `db/app-${at}`);
const arns = names.map(arnOf);
const never = { signal: new AbortController().signal };

function stage() {
  const fleet = memoryFleet(names);
  const changed: string[] = [];
  return { fleet, changed, all: campaigns(fleet.ports, (secretArn) => changed.push(secretArn)) };
}

async function collect(events: AsyncIterable<CampaignEvent>): Promise<readonly CampaignEvent[]> {
  const all: CampaignEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

test("a plan starts nothing, and is started once however often it is asked for", async () => {
  const { fleet, all } = stage();
  const plan = all.plan(arns);
  expect(plan).toMatchObject({
    secrets: 30,
    waves: [1, 29],
    startsPerSecond: 10,
    stopAfter: 1,
    accounts: ["123456789012, us-east-1"],
  });
  expect(plan.names.slice(0, 2)).toEqual(["db/app-0", "db/app-1"]);
  expect(fleet.calls).toEqual([]);
  expect(all.start(plan.campaign, "leak: INC-7")).toMatchObject({ isOver: false, reason: "leak: INC-7" });
  all.start(plan.campaign, undefined);
  await collect(all.events(plan.campaign, 0, never));
  expect(fleet.starts).toHaveLength(30);
  expect(all.all).toMatchObject([{ campaign: plan.campaign, rotated: 30, failed: 0, isOver: true }]);
});

test("every follower is told all events, whenever it comes and however slow it is", async () => {
  const { all, changed } = stage();
  const { campaign } = all.plan(arns);
  all.start(campaign, undefined);
  const slow: CampaignEvent[] = [];
  const slowly = (async () => {
    for await (const event of all.events(campaign, 0, never)) {
      slow.push(event);
      for (let turns = 0; turns < 5; turns++) await new Promise((next) => setImmediate(next));
    }
  })();
  const first = await collect(all.events(campaign, 0, never));
  await slowly;
  expect(first.at(-1)).toMatchObject({ type: "campaign-finished", rotated: 30, stopped: "no" });
  expect(slow).toEqual(first);
  expect(await collect(all.events(campaign, 0, never))).toEqual(first);
  expect(await collect(all.events(campaign, 10, never))).toEqual(first.slice(10));
  expect(new Set(changed)).toEqual(new Set(arns));
});

test("stopped, it begins no more and says so; a follower that leaves ends nothing", async () => {
  const { fleet, all } = stage();
  const { campaign } = all.plan(arns);
  all.start(campaign, undefined);
  const left = new AbortController();
  for await (const event of all.events(campaign, 0, left)) if (event.type === "wave-finished") left.abort();
  expect(all.all[0]?.isOver).toBe(false);
  all.stop(campaign);
  const events = await collect(all.events(campaign, 0, never));
  expect(events.at(-1)).toMatchObject({ type: "campaign-finished", stopped: "by-caller" });
  expect(fleet.starts.length).toBeLessThan(30);
});

test("the end of the console is the end of its campaigns", async () => {
  const { fleet, all } = stage();
  const { campaign } = all.plan(arns);
  all.start(campaign, undefined);
  await all.end();
  expect(all.all).toMatchObject([{ isOver: true }]);
  expect(fleet.starts.length).toBeLessThan(30);
});

test("what is not known, not sensible or no reason is refused, and nothing starts", async () => {
  const { fleet, all } = stage();
  expect(() => all.plan([])).toThrow("option=secrets");
  expect(() => all.start("none", undefined)).toThrow("option=campaign");
  expect(() => all.stop("none")).toThrow("option=campaign");
  await expect(collect(all.events("none", 0, never))).rejects.toThrow("option=campaign");
  const { campaign } = all.plan(arns);
  expect(() => all.start(campaign, "<script>")).toThrow("option=reason");
  expect(fleet.calls).toEqual([]);
});

test("of plans that nobody starts the newest fifty are kept", () => {
  const { all } = stage();
  const plans = Array.from({ length: 51 }, () => all.plan(arns).campaign);
  expect(() => all.start(plans[0] ?? "", undefined)).toThrow("option=campaign");
  expect(all.start(plans[1] ?? "", undefined)).toMatchObject({ secrets: 30 });
});
