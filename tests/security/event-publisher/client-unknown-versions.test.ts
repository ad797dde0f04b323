import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { longestLossMs, misledArn, misledClient, mostReads } from "../../support/misled-client.ts";

test.each([true, false])(
  "an event about a version that does not exist takes the value from nobody for longer than the lag budget (background: %s)",
  async (background) => {
    const stage = misledClient({ background });
    await stage.client.get(misledArn);
    stage.hear({ versionId: "11111111-0000-4000-8000-000000000000" });
    const { longestLossMs: lostMs, values } = await stage.readFor(60_000);
    expect(lostMs).toBeLessThanOrEqual(longestLossMs);
    expect(values).toEqual(new Set(["one"]));
    expect(stage.mostAskedIn20s()).toBeLessThanOrEqual(1 + mostReads);
  },
);

test("an event about a version that does not exist does not keep a new instance from its first value", async () => {
  const stage = misledClient();
  stage.hear({ versionId: "11111111-0000-4000-8000-000000000000" });
  const { longestLossMs: lostMs, values } = await stage.readFor(10_000);
  expect(lostMs).toBeLessThanOrEqual(longestLossMs);
  expect(values).toEqual(new Set(["one"]));
});

test("an event that was found to be false costs nothing when it is sent again and again", async () => {
  const stage = misledClient();
  await stage.client.get(misledArn);
  const lie = { versionId: "11111111-0000-4000-8000-000000000000", at: new Date().toISOString() };
  stage.hear(lie);
  await stage.readFor(30_000);
  const before = stage.askedAtMs.length;
  const { longestLossMs: lostMs } = await stage.readFor(20_000, () => stage.hear(lie));
  expect(stage.askedAtMs.length).toBe(before);
  expect(lostMs).toBeLessThan(500);
});

test("a flood of events with ever another version costs six reads in 20 s, and withholds the value once", async () => {
  const stage = misledClient();
  await stage.client.get(misledArn);
  const first = await stage.readFor(30_000, () => stage.hear({}));
  const then = await stage.readFor(60_000, () => stage.hear({}));
  expect(first.longestLossMs).toBeLessThanOrEqual(longestLossMs);
  expect(then.longestLossMs).toBeLessThan(500);
  expect(stage.mostAskedIn20s()).toBeLessThanOrEqual(1 + mostReads);
});

test("a true rotation in the middle of a flood of false events is heard within 20 s", async () => {
  const stage = misledClient();
  await stage.client.get(misledArn);
  await stage.readFor(30_000, () => stage.hear({}));
  const versionId = stage.secrets.put(misledArn, "two");
  stage.hear({ versionId });
  const { longestLossMs: lostMs } = await stage.readFor(21_000, () => stage.hear({}));
  expect((await stage.client.get(misledArn)).value.reveal()).toBe("two");
  expect(lostMs).toBeLessThan(500);
  expect(stage.mostAskedIn20s()).toBeLessThanOrEqual(1 + mostReads);
});

test.each(["hangs", "store-unavailable", "access-denied"] as const)(
  "while the source %s a flood of false events takes the stale value from nobody for longer than the lag budget",
  async (trouble) => {
    const stage = misledClient();
    await stage.client.get(misledArn);
    const before = stage.askedAtMs.length;
    if (trouble === "hangs") stage.secrets.read = async () => new Promise(() => undefined);
    else stage.secrets.fail(new RekeyError(trouble));
    const { longestLossMs: lostMs, values } = await stage.readFor(20_000, () => stage.hear({}));
    expect(lostMs).toBeLessThanOrEqual(longestLossMs);
    expect(values).toEqual(new Set(["one"]));
    // An outage alone costs three tries for each of the moments that its back-off leaves: 0, 0.5, 1.5, 3.5, 7.5 and 15.5 s.
    expect(stage.askedAtMs.length - before).toBeLessThanOrEqual(3 * 7 + mostReads);
  },
);

test("a flood of events about a secret of which other stages are read costs six reads in 20 s", async () => {
  const stage = misledClient();
  stage.secrets.put(misledArn, "two");
  await stage.client.get(misledArn, { stage: "AWSPREVIOUS" });
  await stage.readFor(40_000, () => {
    stage.hear({});
    stage.client.get(misledArn, { stage: "AWSPREVIOUS" }).catch(() => undefined);
  });
  expect(stage.mostAskedIn20s()).toBeLessThanOrEqual(2 + mostReads);
});

test("events with a megabyte for a version are not heard, so they cost neither memory nor a read", async () => {
  const stage = misledClient();
  await stage.client.get(misledArn);
  const huge = randomUUID().repeat(30_000);
  await stage.readFor(1_000, (passedMs) => stage.hear({ versionId: `${huge}${passedMs}` }));
  expect(stage.askedAtMs.length).toBe(1);
});
