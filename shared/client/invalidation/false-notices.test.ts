import { expect, test } from "vitest";
import {
  type MisledClient,
  longestLossMs,
  misledArn,
  misledClient,
  mostReads,
} from "../../../tests/support/misled-client.ts";

const daysFromNow = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

test("an event of the beginning of time is not heard", async () => {
  const stage = misledClient();
  await stage.client.get(misledArn);
  await stage.readFor(5_000, () => stage.hear({ at: "-271821-04-20T00:00:00.000Z" }));
  expect(stage.mostAskedIn20s()).toBeLessThanOrEqual(1 + mostReads);
});

test.each(["Secret Deleted", "Secret Retired", "Secret Restored", "Secret Mirrored", "__proto__", ""])(
  "an event of the type %j asks for nothing",
  async (type) => {
    const stage = misledClient();
    await stage.client.get(misledArn);
    await stage.readFor(5_000, () => stage.hear({}, type));
    expect(stage.askedAtMs).toHaveLength(1);
  },
);

test.each([
  ["a number for a version", { versionId: 7 }],
  ["an empty version", { versionId: "" }],
  ["a list for a secret", { secretArn: ["x"] }],
  ["a name of every object's", { secretArn: "__proto__", versionId: "constructor" }],
  ["another account's secret of the same name", { secretArn: misledArn.replace("111122223333", "444455556666") }],
])("an event with %s asks for nothing", async (_what, detail) => {
  const stage = misledClient();
  await stage.client.get(misledArn);
  await stage.readFor(5_000, () => stage.hear(detail));
  expect(stage.askedAtMs).toHaveLength(1);
});

test("true events of a year, replayed in any order to an instance that knew none of them, cost six reads in 20 s and no value", async () => {
  const stage = misledClient();
  const past = Array.from({ length: 12 }, (_item, month) => ({
    versionId: stage.secrets.put(misledArn, `of month ${month}`),
    at: daysFromNow(-360 + 30 * month),
  }));
  await stage.client.get(misledArn);
  let turn = 0;
  const { longestLossMs: lostMs, values } = await stage.readFor(60_000, () =>
    stage.hear(past[(turn++ * 7) % 12] ?? {}),
  );
  expect(values).toEqual(new Set(["of month 11"]));
  expect(lostMs).toBeLessThanOrEqual(longestLossMs);
  expect(stage.mostAskedIn20s()).toBeLessThanOrEqual(1 + mostReads);
});

test("a version that a false event named is still heard of when its label is really moved there", async () => {
  const stage = misledClient();
  const { versionId: older } = await stage.client.get(misledArn);
  stage.secrets.put(misledArn, "two");
  await stage.client.refresh(misledArn);
  stage.hear({ versionId: older, at: new Date(Date.now() - 5_000).toISOString() });
  await stage.readFor(30_000);
  stage.secrets.moveBack(misledArn);
  stage.hear({ versionId: older });
  await stage.clock.advance(2_000);
  expect(stage.client.peek(misledArn)?.versionId).toBe(older);
});

test("false events while only a replica answers, which lags, do not bring back what was read before", async () => {
  const stage = misledClient();
  const { versionId } = await stage.client.get(misledArn);
  stage.secrets.put(misledArn, "two");
  await stage.client.refresh(misledArn);
  const read = stage.secrets.read.bind(stage.secrets);
  stage.secrets.read = async (id, _at, call) => {
    const answer = await read(id, { versionId }, call);
    return answer && { ...answer, fromReplica: true };
  };
  const { values } = await stage.readFor(60_000, () => stage.hear({}));
  expect(values).toEqual(new Set(["two"]));
});

/** A client that has dropped the secret after a true event, and still remembers the event. */
async function evictedAfterEvent(): Promise<MisledClient> {
  const stage = misledClient({ maxSecrets: 1 });
  stage.secrets.put("other", "of others");
  await stage.client.get(misledArn);
  stage.hear({ versionId: stage.secrets.put(misledArn, "two") });
  await stage.client.get(misledArn);
  await stage.client.get("other");
  return stage;
}

test("an event that came true before its secret was dropped is not false when a newer version is read, so the next one counts", async () => {
  const { client, secrets, clock, hear } = await evictedAfterEvent();
  expect(client.peek(misledArn)).toBeUndefined();
  secrets.put(misledArn, "three");
  const reading = client.get(misledArn);
  // By then notices may cause requests again.
  await clock.advance(25_000);
  expect((await reading).value.reveal()).toBe("three");
  hear({ versionId: secrets.putPending(misledArn, "four") });
  expect(client.peek(misledArn)).toBeUndefined();
  secrets.promote(misledArn);
  await clock.advance(4_000);
  expect(client.peek(misledArn)?.value.reveal()).toBe("four");
});

test("an event that came true before its secret was dropped leaves no doubt after a freeze, so the next one counts", async () => {
  const { client, secrets, clock, hear } = await evictedAfterEvent();
  expect(client.peek(misledArn)).toBeUndefined();
  const reading = client.get(misledArn);
  clock.freeze(12_000);
  hear({ versionId: secrets.putPending(misledArn, "three") });
  await clock.advance(1_000);
  expect(client.peek(misledArn)).toBeUndefined();
  secrets.promote(misledArn);
  await clock.advance(3_000);
  expect((await reading).value.reveal()).toBe("three");
});

test("a value that is served because events have used up their requests is as old as the answer that gave it", async () => {
  const { client, secrets, clock, hear, askedAtMs } = misledClient();
  await client.get(misledArn);
  for (const value of ["two", "three"]) {
    hear({ versionId: secrets.put(misledArn, value) });
    await client.get(misledArn);
  }
  hear({});
  const reading = client.get(misledArn);
  await clock.advance(4_000);
  expect((await reading).value.reveal()).toBe("three");
  expect(client.health().oldestAgeMs).toBe(clock.nowMs() - (askedAtMs.at(-1) ?? 0));
  expect(askedAtMs).toHaveLength(1 + mostReads);
});
