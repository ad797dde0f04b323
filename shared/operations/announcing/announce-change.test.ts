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

interface World {
  readonly patient?: boolean;
  readonly manages?: boolean;
  readonly announcesItself?: boolean;
  /** When each version was made; v1 long ago, unless given. */
  readonly created?: Readonly<Record<string, number>>;
  readonly failure?: RekeyError;
}

async function announce(event: AwsEvent, description: SecretDescription | undefined, world: World = {}) {
  const { patient = true, manages = true, announcesItself = true, created = { v1: 0 } } = world;
  const { failure = new RekeyError("secret-not-found") } = world;
  const publisher = memoryPublisher();
  let looks = 0;
  const announcer = {
    store: {
      describe: async () => {
        if (description === undefined) throw failure;
        return description;
      },
    },
    versions: async () => {
      looks++;
      return Object.entries(created).map(([versionId, ms]) => ({ versionId, labels: [], createdAt: new Date(ms) }));
    },
    publisher,
    manages: (arn: string) => manages && arn === secretArn,
    announcesItself: (arn: string) => announcesItself && arn === "ours",
  };
  const call = { signal: AbortSignal.timeout(1_000) };
  const outcome = await announceChange(announcer, event, { patient, call });
  return { outcome, events: publisher.events, looks };
}
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
    expect(await announce(existence, description)).toStrictEqual({ outcome: "announced", events: [event], looks: 0 });
  },
);

const stopped = { kind: "rotation-stopped", secretArn, outcome: "failed" } as const;

test("a stopped rotation: the outcome, the step and the version that still waits", async () => {
  const labels = new Map([...described.labels, ["v2", ["AWSPENDING"]]]);
  const told = { type: "Secret Rotation Stopped", ...ids, outcome: "failed" };
  const announced = { outcome: "announced", looks: 0 };
  const withStep = { ...stopped, step: "setSecret" } as const;
  expect(await announce(withStep, { ...described, labels })).toStrictEqual({
    ...announced,
    events: [{ ...told, step: "setSecret", pendingVersionId: "v2" }],
  });
  expect(await announce(stopped, described)).toStrictEqual({ ...announced, events: [told] });
  expect(await announce(stopped, undefined)).toMatchObject({ outcome: "gone", events: [] });
});

test.each([
  ["deleted meanwhile", { ...described, deletedAt: new Date() }],
  ["gone", undefined],
])("a new version of a secret that is %s is not announced", async (_what, description) => {
  expect(await announce(moved, description)).toEqual({ outcome: "gone", events: [], looks: 0 });
});

test("a version that is not current any more is left to the event of the one that is", async () => {
  const labels = new Map([
    ["v1", ["AWSPREVIOUS"]],
    ["v2", ["AWSCURRENT"]],
  ]);
  expect(await announce(moved, { ...described, labels })).toEqual({ outcome: "superseded", events: [], looks: 0 });
});

const told = { type: "Secret Rotated", ...ids, versionId: "v1", engine: "unknown", strategy: "none" };

test("a version that somebody put: the one that it replaced, and that no rotation made it", async () => {
  const labels = new Map([...described.labels, ["v0", ["AWSPREVIOUS"]]]);
  const external = { ...told, origin: "external" };
  expect((await announce(moved, described)).events).toStrictEqual([external]);
  expect((await announce(moved, { ...described, labels })).events).toStrictEqual([
    { ...external, previousVersionId: "v0" },
  ]);
});

test("a version whose rotation is unfinished is waited for, and in the end announced as a rotation's", async () => {
  const labels = new Map([["v1", ["AWSCURRENT", "AWSPENDING"]]]);
  const unfinished = { ...described, labels, rotationFunctionArn: "ours" };
  expect(await announce(moved, unfinished)).toEqual({ outcome: "under-way", events: [], looks: 0 });
  expect(await announce(moved, unfinished, { patient: false })).toEqual({
    outcome: "announced",
    events: [{ ...told, origin: "rotation" }],
    looks: 0,
  });
});

test.each([
  ["has no rotation function", {}],
  ["has a function that does not announce", { rotationFunctionArn: "another's" }],
])("every version of a secret that %s is announced, whatever its labels", async (_what, changes) => {
  const labels = new Map([["v1", ["AWSCURRENT", "AWSPENDING"]]]);
  const rotated = { ...described, ...changes, labels, lastRotatedAt: new Date() };
  expect(await announce(moved, rotated)).toMatchObject({ outcome: "announced", events: [{ origin: "external" }] });
});

test("a secret that rekey does not manage is foreign, whatever happened to it", async () => {
  for (const event of [moved, existence, stopped]) {
    expect(await announce(event, described, { manages: false })).toEqual({ outcome: "foreign", events: [], looks: 0 });
  }
});

const retagged = { kind: "retagged", secretId: "db/app", tags: ["rekey:mirror"] } as const;

test("tags that were set or removed: the secret by its ARN, and the names of the tags", async () => {
  const event = { type: "Secret Retagged", ...ids, tags: ["rekey:mirror"] };
  expect(await announce(retagged, described)).toMatchObject({ outcome: "announced", events: [event] });
  expect(await announce(retagged, undefined)).toMatchObject({ outcome: "gone", events: [] });
});

test("tags of a secret that is not managed, or that the role may not see, are passed over", async () => {
  const foreign = { outcome: "foreign", events: [] };
  expect(await announce(retagged, described, { manages: false })).toMatchObject(foreign);
  const failure = new RekeyError("access-denied");
  expect(await announce(retagged, undefined, { failure })).toMatchObject(foreign);
});

test.each([moved, existence, stopped, retagged])(
  "an error of Secrets Manager is passed on, so that the event comes again: $kind",
  async (event) => {
    const failure = new RekeyError("store-throttled");
    await expect(announce(event, undefined, { failure })).rejects.toBe(failure);
  },
);

const [ours, another] = [{ v1: 1_000, v2: 5_000 }, { v2: 5_000 }];

test.each([
  ["a rotation made before it ended", 1_400, ours, "known", 1],
  ["somebody put after a rotation ended, in the same second", 1_400, { v0: 0, v1: 1_401 }, "announced", 1],
  ["a rotation made in the millisecond in which it ended", 1_400, { v1: 1_400 }, "known", 1],
  ["a rotation made, which ended when the second began", 1_000, { v1: 900 }, "known", 1],
  ["a rotation made, and that is not among the newest", 1_999, another, "known", 1],
  ["a rotation made, which ended a second later", 2_000, { v1: 3_000 }, "known", 0],
  ["somebody put when the last rotation was over", 999, { v1: 500 }, "announced", 0],
  ["somebody put before any rotation", undefined, ours, "announced", 0],
] as const)("a version that %s", async (_what, rotatedMs, created, outcome, looks) => {
  const lastRotated = rotatedMs === undefined ? {} : { lastRotatedAt: new Date(rotatedMs) };
  const description = { ...described, rotationFunctionArn: "ours", ...lastRotated };
  const event = { ...moved, at: new Date(1_000) };
  expect(await announce(event, description, { created })).toMatchObject({ outcome, looks });
});
