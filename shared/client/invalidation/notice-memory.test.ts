import { expect, test } from "vitest";
import { SecretValue } from "../../secrets/secret-value.ts";
import { CachedSecret } from "../cache/cached-secret.ts";
import { NoticeMemory } from "./notice-memory.ts";
import type { DatedNotice } from "./rotation-notice.ts";

const window = { fromMs: 0, untilMs: 100 };
const arnIn = (account: string): string => `arn:aws:secretsmanager:eu-west-1:${account}:secret:orders-AbCdEf`;
const notice = (versionId: string, atMs = 10, more: Partial<DatedNotice> = {}): DatedNotice => ({
  versionId,
  atMs,
  timed: true,
  account: undefined,
  ...more,
});
const remembering = (...notices: readonly DatedNotice[]): NoticeMemory => {
  const memory = new NoticeMemory();
  for (const given of notices) memory.remember("orders", given, window, 0);
  return memory;
};
/** What a new entry of that id and account learns. */
const told = (memory: NoticeMemory, nowMs = 0, secretId = "orders", account?: string) => {
  const entry = new CachedSecret(secretId);
  entry.account = account;
  memory.applyTo(entry, nowMs);
  return entry.requestState?.announced;
};

test("a new entry learns of the newest notice for its name, and no other name's", () => {
  const memory = remembering(notice("v1", 10), notice("v2", 11));
  expect(told(memory)).toEqual({ ...notice("v2", 11), ...window });
  expect(told(memory, 0, "payments")).toBeUndefined();
});

test.each([
  ["the same version again is not", notice("v1", 12), "v1", 10],
  ["an older one is not", notice("v2", 9), "v1", 10],
  ["one of the same time is", notice("v2", 10), "v2", 10],
])("of notices within one lag budget, %s remembered", (_, second, versionId, atMs) => {
  expect(told(remembering(notice("v1", 10), second))).toMatchObject({ versionId, atMs });
});

test("a notice within another's lag budget shares its window, and one after it has its own", () => {
  const memory = remembering(notice("v1"));
  memory.remember("orders", notice("v2"), { fromMs: 60, untilMs: 160 }, 99);
  expect(told(memory, 99)).toEqual({ ...notice("v2"), ...window });
  expect(told(memory, 100)).toBeUndefined();
  memory.remember("orders", notice("v3", 1), { fromMs: 70, untilMs: 200 }, 100);
  expect(told(memory, 150)).toEqual({ ...notice("v3", 1), fromMs: 70, untilMs: 200 });
});

test("a name, an ARN of it and a name without its suffix remind of each other", () => {
  const memory = new NoticeMemory();
  memory.remember(arnIn("111122223333"), notice("v1"), window, 0);
  expect(told(memory)?.versionId).toBe("v1");
  expect(told(memory, 0, arnIn("111122223333"))?.versionId).toBe("v1");
  expect(told(memory, 0, arnIn("999999999999"))).toBeUndefined();
  expect(told(remembering(notice("v2")), 0, arnIn("999999999999"))?.versionId).toBe("v2");
});

test("a notice that was sent for a name that looks like another's ARN does not reach that one", () => {
  const memory = new NoticeMemory();
  memory.remember("orders-AbCdEf", notice("v1"), window, 0);
  expect(told(memory)).toBeUndefined();
  expect(told(memory, 0, "orders-AbCdEf")?.versionId).toBe("v1");
});

test("notices of several accounts' secrets of one name are kept apart, the four newest of them", () => {
  const memory = remembering(...["1", "2", "3", "4", "5"].map((account) => notice(`v${account}`, 10, { account })));
  const by = (account: string): string | undefined => told(memory, 0, "orders", account)?.versionId;
  expect(["1", "2", "3", "4", "5"].map(by)).toEqual([undefined, "v2", "v3", "v4", "v5"]);
  memory.remember("orders", notice("v2 again", 11, { account: "2" }), window, 0);
  expect(["2", "3", "4", "5"].map(by)).toEqual(["v2 again", "v3", "v4", "v5"]);
});

test("the thousand newest names are remembered", () => {
  const memory = remembering(notice("v1"));
  memory.remember("second", notice("v1"), window, 0);
  memory.remember("orders", notice("v2", 11), window, 0);
  for (let index = 2; index < 1_000; index++) memory.remember(`s${index}`, notice("v1"), window, 0);
  expect(["second", "orders"].map((id) => told(memory, 0, id)?.versionId)).toEqual(["v1", "v2"]);
  memory.remember("one more", notice("v1"), window, 0);
  expect(["second", "orders"].map((id) => told(memory, 0, id)?.versionId)).toEqual([undefined, "v2"]);
});

test.each([
  ["its version is current", "v1", undefined, true],
  ["a later version was made after it", "v2", 11, true],
  ["an earlier version is current", "v0", 9, undefined],
])("a notice counts as true once the source is believed that %s, or not", (_, versionId, createdAtMs, wasTrue) => {
  const memory = remembering(notice("v1"));
  const createdAt = createdAtMs === undefined ? {} : { createdAt: new Date(createdAtMs) };
  memory.confirm(new CachedSecret("orders"), { versionId, value: new SecretValue("one"), ...createdAt });
  expect(told(memory)?.wasTrue).toBe(wasTrue);
});

test("what one account's secret confirms says nothing of another's, and of no other name", () => {
  const memory = remembering(notice("v1", 10, { account: "1" }));
  const answer = { versionId: "v1", value: new SecretValue("one") };
  const other = new CachedSecret("orders");
  other.account = "2";
  memory.confirm(other, answer);
  memory.confirm(new CachedSecret("payments"), answer);
  expect(told(memory)?.wasTrue).toBeUndefined();
  other.account = "1";
  memory.confirm(other, answer);
  expect(told(memory)?.wasTrue).toBe(true);
});
