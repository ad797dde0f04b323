import { expect, test } from "vitest";
import type { ListedSecret } from "../../shared/ports/secret-administration.ts";
import { fleet, fleetPage } from "../../shared/operations/fleet/fleet-page.ts";
import { canRotate } from "../../shared/operations/fleet/health.ts";
import { summaryOf } from "../../shared/operations/fleet/secret-summary.ts";
import { memoryFleet } from "./memory-fleet.ts";

const nowMs = Date.UTC(2026, 5, 1);
const hoursAgo = (hours: number): Date => new Date(nowMs - hours * 3_600_000);
const current = ["one", ["AWSCURRENT"]] as const;
const call = { signal: new AbortController().signal };

const secret = (fields: Partial<ListedSecret>): ListedSecret => ({
  secretArn: "arn:secret",
  name: "db/orders",
  rotationEnabled: true,
  labels: new Map([current]),
  tags: new Map(),
  changedAt: hoursAgo(0),
  ...fields,
});
const pending = new Map<string, readonly string[]>([current, ["two", ["AWSPENDING"]]]);

test.each<[string, Partial<ListedSecret>]>([
  ["healthy", {}],
  ["healthy", { labels: new Map([["one", ["AWSCURRENT", "AWSPENDING"]]]) }],
  ["rotating", { labels: pending }],
  ["stuck", { labels: pending, changedAt: hoursAgo(2) }],
  ["stuck", { labels: pending, rotationEnabled: false }],
  ["overdue", { nextRotationAt: hoursAgo(2) }],
  ["healthy", { nextRotationAt: hoursAgo(0.5) }],
  ["off", { rotationEnabled: false }],
  ["empty", { labels: new Map() }],
  ["deleted", { deletedAt: hoursAgo(1), labels: pending }],
])("a secret is %s by what its description says (%#)", (health, fields) => {
  expect(summaryOf(secret(fields), nowMs).health).toBe(health);
});

test("a secret that others rotate is never stuck or overdue, says whose it is, and is not to be rotated by hand", () => {
  const late = { labels: pending, changedAt: hoursAgo(2), nextRotationAt: hoursAgo(2) };
  const rotationFunctionArn = "arn:function";
  expect(canRotate(summaryOf(secret({ rotationFunctionArn }), nowMs))).toBe(true);
  const summary = summaryOf(secret({ ...late, rotationFunctionArn, managedBy: "rds" }), nowMs);
  expect(summary).toMatchObject({ health: "rotating", managedBy: "rds" });
  expect(canRotate(summary)).toBe(false);
});

test("its age is since the last rotation, or since it was made", () => {
  expect(summaryOf(secret({ createdAt: hoursAgo(5) }), nowMs).ageMs).toBe(5 * 3_600_000);
  expect(summaryOf(secret({ createdAt: hoursAgo(5), lastRotatedAt: hoursAgo(1) }), nowMs).ageMs).toBe(3_600_000);
  expect(summaryOf(secret({ lastRotatedAt: hoursAgo(-1) }), nowMs).ageMs).toBe(0);
});

test("a page of any fleet is one call; all of it is one for a hundred", async () => {
  const names = Array.from({ length: 1_000 }, (_item, at) => `db/app-${at}`);
  const { ports, calls } = memoryFleet(names);
  const page = await fleetPage(ports, { limit: 40 }, call);
  expect([page.secrets.length, calls]).toEqual([40, ["ListSecrets"]]);
  const found: string[] = [];
  for await (const { name } of fleet(ports, {}, call)) found.push(name);
  expect(found).toEqual(names);
  expect(calls).toHaveLength(1 + 10);
});

test("where few secrets are managed, a page ends after a bounded number of calls and says where to go on", async () => {
  let calls = 0;
  const listing = {
    page: async (_filter: object, { cursor = "0" }: { readonly cursor?: string }) => {
      calls++;
      const at = Number(cursor) + 1;
      return {
        secrets: at === 30 ? [secret({ rotationFunctionArn: "arn:function" })] : [secret({})],
        cursor: String(at),
      };
    },
  };
  const first = await fleetPage({ listing, nowMs: () => nowMs }, { limit: 1 }, call);
  expect([first.secrets, calls]).toEqual([[], 20]);
  const second = await fleetPage({ listing, nowMs: () => nowMs }, { limit: 1, cursor: first.cursor ?? "" }, call);
  expect([second.secrets.length, calls]).toEqual([1, 30]);
});
