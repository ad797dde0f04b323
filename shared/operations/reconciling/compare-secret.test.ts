import { expect, test } from "vitest";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { describedFindings, type Found, valueSince } from "./compare-secret.ts";

const now = Date.parse("2026-01-02T12:00:00Z");
const minute = 60_000;
const described = (changes: Partial<SecretDescription>): SecretDescription => ({
  secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-AbCdEf",
  name: "app",
  rotationEnabled: true,
  labels: new Map([["v1", ["AWSCURRENT"]]]),
  tags: new Map(),
  ...changes,
});
const pending = (labels: readonly string[]) => ({
  labels: new Map([
    ["v1", ["AWSCURRENT"]],
    ["v2", [...labels]],
  ]),
});

test.each([
  ["is as it should be", {}, []],
  ["has no value and no rotation", { labels: new Map(), rotationEnabled: false }, []],
  ["is to be rotated but has no value", { labels: new Map() }, [{ finding: "current-missing", repairable: false }]],
  ["has been rotating for a minute", { ...pending(["AWSPENDING"]), changedAt: new Date(now - minute) }, []],
  [
    "has had a rotation open for two hours",
    { ...pending(["AWSPENDING"]), changedAt: new Date(now - 120 * minute) },
    [{ finding: "pending-stuck", versionId: "v2", repairable: false }],
  ],
  [
    "has AWSPENDING on its current version",
    { labels: new Map([["v1", ["AWSCURRENT", "AWSPENDING"]]]), changedAt: new Date(now - 120 * minute) },
    [],
  ],
  ["is due in a minute", { nextRotationAt: new Date(now + minute) }, []],
  [
    "was due two hours ago",
    { nextRotationAt: new Date(now - 120 * minute) },
    [{ finding: "rotation-overdue", repairable: false }],
  ],
  [
    "has a replica that is behind for a minute",
    { replicas: new Map([["eu-west-1", "InProgress"]]), changedAt: new Date(now - minute) },
    [],
  ],
  [
    "has a replica that is behind for two hours",
    { replicas: new Map([["eu-west-1", "InProgress"]]), changedAt: new Date(now - 120 * minute) },
    [{ finding: "replica-behind", versionId: "v1", repairable: false }],
  ],
  [
    "has a replica that failed, and one that is in sync",
    {
      replicas: new Map([
        ["eu-west-1", "InSync"],
        ["eu-west-2", "Failed"],
      ]),
      changedAt: new Date(now),
    },
    [{ finding: "replica-failed", versionId: "v1", repairable: false }],
  ],
  [
    "has labels and no current version",
    { labels: new Map([["v0", ["AWSPREVIOUS"]]]), rotationEnabled: false },
    [{ finding: "current-missing", repairable: false }],
  ],
  ["was due an hour ago to the millisecond", { nextRotationAt: new Date(now - 60 * minute) }, []],
  [
    "was due more than an hour ago",
    { nextRotationAt: new Date(now - 60 * minute - 1) },
    [{ finding: "rotation-overdue", repairable: false }],
  ],
  [
    "has a failed replica and no value",
    { labels: new Map(), rotationEnabled: false, replicas: new Map([["eu-west-1", "Failed"]]) },
    [{ finding: "replica-failed", repairable: false }],
  ],
  ["was due, but is deleted", { nextRotationAt: new Date(0), deletedAt: new Date(now) }, []],
  ["was due, but by an AWS service", { nextRotationAt: new Date(0), managedBy: "rds" }, []],
  ["is at AWSPENDING, by a partner", { ...pending(["AWSPENDING"]), changedAt: new Date(0), managedBy: "Partner" }, []],
  ["was due, but is not rotated any more", { nextRotationAt: new Date(0), rotationEnabled: false }, []],
] as readonly (readonly [string, Partial<SecretDescription>, readonly Found[]])[])(
  "a secret that %s",
  (_what, changes, found) => {
    expect(describedFindings(described(changes), now)).toStrictEqual(found);
  },
);

test.each([
  ["was rotated and then changed by hand", { lastRotatedAt: new Date(1), changedAt: new Date(2) }, new Date(1)],
  ["was never rotated", { changedAt: new Date(2) }, new Date(2)],
  ["has no value", { lastRotatedAt: new Date(1), labels: new Map() }, undefined],
  ["is deleted", { lastRotatedAt: new Date(1), deletedAt: new Date(now) }, undefined],
])("since when a secret that %s has its value", (_what, changes, since) => {
  expect(valueSince(described(changes))).toEqual(since);
});
