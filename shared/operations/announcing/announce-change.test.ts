import { expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretDescription } from "../../ports/secret-store.ts";
import { memoryPublisher } from "../../testing/memory-publisher.ts";
import { announceChange } from "./announce-change.ts";
import type { AwsEvent } from "../../events/aws-event.ts";

const secretArn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db/app-AbCdEf";
const ids = { secretArn, secretName: "db/app" };
const described: SecretDescription = {
  secretArn,
  name: "db/app",
  rotationEnabled: true,
  labels: new Map([["v1", ["AWSCURRENT"]]]),
  tags: new Map(),
};

async function announce(event: AwsEvent, description: SecretDescription | undefined, createdAt = new Date(0)) {
  const publisher = memoryPublisher();
  const store = {
    describe: async () => {
      if (description === undefined) throw new RekeyError("secret-not-found");
      return description;
    },
  };
  const versions = async () => [{ versionId: "v1", labels: ["AWSCURRENT"], createdAt }];
  const announcer = { store, versions, publisher, manages: () => true, announcesItself: () => true };
  const outcome = await announceChange(announcer, event, {
    patient: true,
    call: { signal: AbortSignal.timeout(1_000) },
  });
  return { outcome, events: publisher.events };
}
const noVersions = async () => [];
const existence = { kind: "deleted-or-restored", secretArn } as const;
const moved = { kind: "label-moved", secretArn, versionId: "v1", at: new Date() } as const;

test.each([
  ["is there", described, { type: "Secret Restored", ...ids, versionId: "v1" }],
  ["is there without a value", { ...described, labels: new Map() }, { type: "Secret Restored", ...ids }],
  [
    "is scheduled for deletion",
    { ...described, deletedAt: new Date() },
    { type: "Secret Deleted", ...ids, recoverable: true },
  ],
  ["is gone", undefined, { type: "Secret Deleted", ...ids, recoverable: false }],
] as const)(
  "after a deletion or a restoration, whichever it was, a secret that %s",
  async (_what, description, event) => {
    expect(await announce(existence, description)).toEqual({ outcome: "announced", events: [event] });
  },
);

test("a stopped rotation: the outcome, the step and the version that still waits", async () => {
  const labels = new Map([...described.labels, ["v2", ["AWSPENDING"]]]);
  const stopped = { kind: "rotation-stopped", secretArn, outcome: "failed", step: "setSecret" } as const;
  const told = { type: "Secret Rotation Stopped", ...ids, outcome: "failed", step: "setSecret" };
  expect((await announce(stopped, { ...described, labels })).events).toEqual([{ ...told, pendingVersionId: "v2" }]);
  expect((await announce(stopped, described)).events).toEqual([told]);
});

test.each([
  ["deleted meanwhile", { ...described, deletedAt: new Date() }],
  ["gone", undefined],
])("a new version of a secret that is %s is not announced", async (_what, description) => {
  expect(await announce(moved, description)).toEqual({ outcome: "gone", events: [] });
});

const retagged = { kind: "retagged", secretId: "db/app", tags: ["rekey:mirror"] } as const;

test("tags that were set or removed: the secret by its ARN, and the names of the tags", async () => {
  const told = { type: "Secret Retagged", ...ids, tags: ["rekey:mirror"] };
  expect(await announce(retagged, described)).toEqual({ outcome: "announced", events: [told] });
  expect(await announce(retagged, undefined)).toEqual({ outcome: "gone", events: [] });
});

test("tags of a secret that is not managed, or that the role may not see, are passed over", async () => {
  const publisher = memoryPublisher();
  const options = { patient: true, call: { signal: AbortSignal.timeout(1_000) } };
  const denied = async (): Promise<SecretDescription> => Promise.reject(new RekeyError("access-denied"));
  for (const describe of [denied, async () => described]) {
    const announcer = {
      store: { describe },
      versions: noVersions,
      publisher,
      manages: () => false,
      announcesItself: () => true,
    };
    expect(await announceChange(announcer, retagged, options)).toBe("foreign");
  }
  expect(publisher.events).toEqual([]);
});

test("an error of Secrets Manager is passed on, so that the event comes again", async () => {
  const store = { describe: async () => Promise.reject(new RekeyError("store-throttled")) };
  const announcer = {
    store,
    versions: noVersions,
    publisher: memoryPublisher(),
    manages: () => true,
    announcesItself: () => true,
  };
  const options = { patient: true, call: { signal: AbortSignal.timeout(1_000) } };
  await expect(announceChange(announcer, moved, options)).rejects.toMatchObject({ code: "store-throttled" });
});

test.each([
  ["a rotation made before it ended", 1_000, 1_400, "known"],
  ["somebody put after a rotation ended, in the same second", 1_401, 1_400, "announced"],
  ["a rotation made, which ended a second later", 3_000, 2_000, "known"],
  ["somebody put when the last rotation was over", 1_500, 999, "announced"],
])("a version that %s", async (_what, createdMs, rotatedMs, outcome) => {
  const description = { ...described, rotationFunctionArn: "ours", lastRotatedAt: new Date(rotatedMs) };
  const event = { ...moved, at: new Date(1_000) };
  expect((await announce(event, description, new Date(createdMs))).outcome).toBe(outcome);
});
