import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { ListedSecret } from "../../ports/secret-administration.ts";
import type { SecretReads } from "../../ports/secret-reads.ts";
import { usageOfSecret } from "./usage-of-secret.ts";

const dayMs = 86_400_000;
const nowMs = Date.parse("2026-12-01T12:00:00Z");
const ago = (days: number): Date => new Date(nowMs - days * dayMs);
const role = (name: string, account = "123456789012"): string => `arn:aws:iam::${account}:role/${name}`;
const own = { account: "123456789012", roles: new Set(["rekey-mirror"]) };
const call = { signal: new AbortController().signal };
const secret: ListedSecret = {
  secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/orders-AbCdEf",
  name: "db/orders",
  rotationEnabled: false,
  labels: new Map(),
  tags: new Map(),
  createdAt: ago(400),
  accessedOn: ago(1),
};

const readBy = (principals: readonly string[], since = 90): SecretReads => ({
  of: async () => ({
    readers: principals.map((principal) => ({ principal, count: 1, lastAt: ago(1) })),
    since: ago(since),
  }),
});
const useOf = async (reads: SecretReads, changes: Partial<ListedSecret> = {}, days = 90) =>
  usageOfSecret({ reads, own, nowMs: () => nowMs }, { ...secret, ...changes }, days, call);
const unasked: SecretReads = { of: async () => Promise.reject(new Error("CloudTrail was asked")) };
const refused = (code: "records-unavailable" | "access-denied" | "time-budget-spent"): SecretReads => ({
  of: async () => Promise.reject(new RekeyError(code)),
});

test("a secret that nobody read in the window is unread, and CloudTrail is not asked", async () => {
  const { accessedOn: _day, ...never } = secret;
  const usage = await usageOfSecret({ reads: unasked, own, nowMs: () => nowMs }, never, 90, call);
  expect(usage).toMatchObject({ use: "unread", readers: [], isCovered: false });
  expect(await useOf(unasked, { accessedOn: ago(200) })).toMatchObject({ use: "unread" });
  expect(await useOf(unasked, { accessedOn: ago(200), createdAt: ago(80) })).toMatchObject({ use: "new" });
});

test("the day of the last read is over before it counts", async () => {
  expect(await useOf(readBy([]), { accessedOn: ago(90.9) })).toMatchObject({ use: "unknown" });
  expect(await useOf(unasked, { accessedOn: ago(91.1) })).toMatchObject({ use: "unread" });
});

test("reads of rekey's own roles are no use; those of others are, and are named", async () => {
  expect(await useOf(readBy([role("rekey-mirror")]))).toMatchObject({ use: "unread", readers: [] });
  const { use, readers } = await useOf(readBy([role("app/orders"), role("path/rekey-mirror")]));
  expect([use, readers.map(({ principal }) => principal)]).toEqual(["read", [role("app/orders")]]);
});

test.each([
  ["a role of that name in another account", role("rekey-mirror", "999999999999")],
  ["a user of that name", "arn:aws:iam::123456789012:user/rekey-mirror"],
  ["a session that calls itself so", "arn:aws:sts::123456789012:assumed-role/other/rekey-mirror"],
  ["a caller whom the record does not name", "unknown"],
])("%s cannot hide its reads as rekey's", async (_what, principal) => {
  expect(await useOf(readBy([principal]))).toMatchObject({ use: "read", readers: [{ principal }] });
});

test("what the records do not tell is unknown", async () => {
  expect(await useOf(readBy([]))).toMatchObject({ use: "unknown" });
  expect(await useOf(readBy([role("rekey-mirror")], 3))).toMatchObject({ use: "unknown", readersSince: ago(3) });
  expect(await useOf(readBy([role("rekey-mirror")]), {}, 200)).toMatchObject({ use: "unknown" });
  expect(await useOf(readBy([role("orders")]), {}, 200)).toMatchObject({ use: "read" });
  expect(await useOf(refused("records-unavailable"))).toMatchObject({ use: "unknown", code: "records-unavailable" });
  expect(await useOf(refused("access-denied"))).toMatchObject({ use: "unknown", code: "access-denied" });
  await expect(useOf(refused("time-budget-spent"))).rejects.toMatchObject({ code: "time-budget-spent" });
});

test("a rotation or an AWS service covers a secret", async () => {
  expect(await useOf(readBy([]), { rotationEnabled: true })).toMatchObject({ isCovered: true });
  expect(await useOf(readBy([]), { managedBy: "rds" })).toMatchObject({ isCovered: true });
});
