import { expect, test } from "vitest";
import { longestLossMs, misledArn, misledClient, mostReads } from "../../support/misled-client.ts";

const daysFromNow = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

test.each([
  ["tomorrow", () => daysFromNow(1)],
  ["the end of time", () => "+275760-09-13T00:00:00.000Z"],
  ["now and a moment", () => new Date(Date.now() + 30_000).toISOString()],
])("an event whose time is %s does not silence the true events after it", async (_when, at) => {
  const stage = misledClient();
  const { versionId } = await stage.client.get(misledArn);
  stage.hear({ versionId, at: at() });
  stage.hear({ versionId: "11111111-0000-4000-8000-000000000000", at: at() });
  await stage.readFor(21_000);
  const newest = stage.secrets.put(misledArn, "two");
  stage.hear({ versionId: newest });
  await stage.clock.advance(2_000);
  expect(stage.client.peek(misledArn)?.versionId).toBe(newest);
});

test.each([
  ["no date", "not a date"],
  ["a number", 1e300],
  ["an object", { toString: "no" }],
  ["an empty text", ""],
])("a false event whose time is %s costs no more than another one", async (_what, at) => {
  const stage = misledClient();
  await stage.client.get(misledArn);
  const { longestLossMs: lostMs, values } = await stage.readFor(30_000, () => stage.hear({ at }));
  expect(lostMs).toBeLessThanOrEqual(longestLossMs);
  expect(values).toEqual(new Set(["one"]));
  expect(stage.mostAskedIn20s()).toBeLessThanOrEqual(1 + mostReads);
});

test("an event that names the replaced version with a new time does not bring that version back", async () => {
  const stage = misledClient();
  const { versionId: replaced } = await stage.client.get(misledArn);
  const newest = stage.secrets.put(misledArn, "two");
  await stage.client.refresh(misledArn);
  stage.hear({ versionId: replaced });
  const { longestLossMs: lostMs, values } = await stage.readFor(10_000);
  expect(values).toEqual(new Set(["two"]));
  expect(lostMs).toBeLessThanOrEqual(longestLossMs);
  expect(stage.client.peek(misledArn)?.versionId).toBe(newest);
});

test("an event that names AWSPENDING does not bring that version forward", async () => {
  const stage = misledClient();
  await stage.client.get(misledArn);
  stage.hear({ versionId: stage.secrets.putPending(misledArn, "pending") });
  const { longestLossMs: lostMs, values } = await stage.readFor(10_000);
  expect(values).toEqual(new Set(["one"]));
  expect(lostMs).toBeLessThanOrEqual(longestLossMs);
});

test("events that name the current and the replaced version by turns cost six reads in 20 s and never bring the old one back", async () => {
  const stage = misledClient();
  const { versionId: replaced } = await stage.client.get(misledArn);
  const newest = stage.secrets.put(misledArn, "two");
  await stage.client.refresh(misledArn);
  let turn = 0;
  const { values } = await stage.readFor(60_000, () => stage.hear({ versionId: turn++ % 2 === 0 ? replaced : newest }));
  expect(values).toEqual(new Set(["two"]));
  expect(stage.mostAskedIn20s()).toBeLessThanOrEqual(2 + mostReads);
});
