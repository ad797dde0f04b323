import fc from "fast-check";
import { expect, test } from "vitest";
import type { RotationRun } from "./history.ts";
import type { StepRecord } from "../../ports/records.ts";
import type { VersionFacts } from "../../ports/secret-administration.ts";
import { propagation } from "./propagation.ts";
import type { SecretDetails, SubscriberStatus } from "./secret-details.ts";
import type { MirrorStatus } from "./secret-status.ts";

const startMs = Date.UTC(2026, 0, 1);
const after = (ms: number): Date => new Date(startMs + ms);
const version = (versionId: string, ...labels: string[]): VersionFacts => ({ versionId, labels, createdAt: after(0) });
const promoted = [version("v2", "AWSCURRENT"), version("v1", "AWSPREVIOUS")];

const step = (name: StepRecord["step"], endMs: number, fields: Partial<StepRecord> = {}): StepRecord => ({
  versionId: "v2",
  step: name,
  at: after(endMs),
  outcome: "done",
  durationMs: 10,
  ...fields,
});
const run = (versionId: string, steps: readonly StepRecord[]): RotationRun => ({
  versionId,
  labels: [],
  startedAt: after(0),
  endedAt: after(0),
  outcome: "succeeded",
  steps,
});
const whole = [step("createSecret", 10), step("setSecret", 30), step("testSecret", 50), step("finishSecret", 70)];

type Facts = Partial<Pick<SecretDetails, "versions" | "mirrors" | "subscribers" | "adoption">>;
const table = { state: "some", adopted: [], waitingFor: [] } as const;
const pictureOf = (steps: readonly StepRecord[], facts: Facts = {}) =>
  propagation(
    { rotations: steps.length === 0 ? [] : [run("v2", steps)] },
    { versions: promoted, mirrors: [], subscribers: [], adoption: table, ...facts },
  );
const told = (picture: ReturnType<typeof propagation>) =>
  picture?.marks.map(
    ({ kind, name, startedAt, endedAt, outcome, code }) =>
      `${startedAt.getTime() - startMs}-${endedAt.getTime() - startMs} ${[kind, name, outcome, code].filter(Boolean).join(" ")}`,
  );

const mirror = (cluster: string, fields: Partial<MirrorStatus>): MirrorStatus => ({
  cluster,
  state: "current",
  versionId: "v2",
  ...fields,
});
const subscriber = (name: string, fields: Partial<SubscriberStatus>): SubscriberStatus => ({
  name,
  expected: true,
  versionId: "v2",
  ...fields,
});

test("a rotation goes from its first step over the promotion and Vault to the last subscriber", () => {
  const picture = pictureOf(whole, {
    mirrors: [mirror("eu", { at: after(90) })],
    subscribers: [subscriber("worker", { adoptedAt: after(300) }), subscriber("api", { adoptedAt: after(120) })],
  });
  expect(told(picture)).toEqual([
    "0-10 step createSecret done",
    "20-30 step setSecret done",
    "40-50 step testSecret done",
    "60-70 step finishSecret done",
    "70-70 promoted AWSCURRENT",
    "90-90 mirrored eu",
    "120-120 adopted api",
    "300-300 adopted worker",
  ]);
  expect(picture).toMatchObject({ versionId: "v2", startedAt: after(0), endedAt: after(300), waitingFor: [] });
});

test("steps that failed or were repeated are there each time, and AWSCURRENT moved where finishSecret was done", () => {
  const steps = [
    step("setSecret", 10, { outcome: "failed", code: "database-unreachable" }),
    step("setSecret", 30),
    step("finishSecret", 50),
    step("finishSecret", 70, { outcome: "already-done" }),
  ];
  expect(told(pictureOf(steps))).toEqual([
    "0-10 step setSecret failed database-unreachable",
    "20-30 step setSecret done",
    "40-50 step finishSecret done",
    "50-50 promoted AWSCURRENT",
    "60-70 step finishSecret already-done",
  ]);
});

test("the end of the replaced credential, which may come days later, is none of it", () => {
  expect(pictureOf([...whole, step("retirePrevious", 86_400_000)])).toEqual(pictureOf(whole));
});

test("a step of unknown length is where it ended", () => {
  const { durationMs: _unknown, ...failed } = step("setSecret", 10, { outcome: "failed" });
  expect(told(pictureOf([failed]))).toEqual(["10-10 step setSecret failed"]);
});

test("a rotation under way has no promotion, and everyone who is to have it is waited for", () => {
  const picture = pictureOf(whole.slice(0, 2), {
    versions: [version("v2", "AWSPENDING"), version("v1", "AWSCURRENT")],
    mirrors: [mirror("eu", { versionId: "v1", at: after(-500) })],
    subscribers: [subscriber("api", { versionId: "v1", adoptedAt: after(-400) })],
  });
  expect(told(picture)).toEqual(["0-10 step createSecret done", "20-30 step setSecret done"]);
  expect(picture?.waitingFor).toEqual([
    { kind: "mirrored", name: "eu" },
    { kind: "adopted", name: "api" },
  ]);
});

test("who is behind, missing or not to be seen is waited for; who is not to have it, or not expected, is not", () => {
  const { versionId: _none, ...nothing } = mirror("missing", { state: "missing" });
  const picture = pictureOf(whole, {
    mirrors: [
      mirror("behind", { state: "behind", versionId: "v1", at: after(-500) }),
      nothing,
      { cluster: "unseen", state: "unseen", code: "mirror-unavailable" },
      { cluster: "off", state: "off" },
      mirror("left", { state: "left", versionId: "v1" }),
    ],
    subscribers: [
      subscriber("old", { versionId: "v1", adoptedAt: after(-500) }),
      { name: "silent", expected: true },
      subscriber("former", { expected: false, versionId: "v1" }),
      subscriber("guest", { expected: false, adoptedAt: after(80) }),
    ],
  });
  expect(picture?.waitingFor.map(({ name }) => name)).toEqual(["behind", "missing", "unseen", "old", "silent"]);
  expect(told(picture)?.slice(5)).toEqual(["80-80 adopted guest"]);
});

test("without a table of adoptions no subscriber is waited for", () => {
  const { adoption: _none, ...facts } = { versions: promoted, mirrors: [], adoption: table };
  const subscribers = [{ name: "api", expected: true }];
  expect(propagation({ rotations: [run("v2", whole)] }, { ...facts, subscribers })?.waitingFor).toEqual([]);
});

test("what has the version at an unknown time has no mark and is not waited for", () => {
  const facts = { mirrors: [mirror("eu", {})], subscribers: [subscriber("api", {})] };
  const picture = pictureOf(whole, facts);
  expect([picture?.marks.length, picture?.waitingFor]).toEqual([5, []]);
  expect(pictureOf([], facts)).toBeUndefined();
});

test("where the log may not be read the rest is told; where there is no version there is nothing", () => {
  const facts = { mirrors: [mirror("eu", { at: after(90) })] };
  expect(told(pictureOf([], facts))).toEqual(["90-90 mirrored eu"]);
  expect(pictureOf(whole, { ...facts, versions: [] })).toBeUndefined();
});

test("a value that was put by hand after a rotation is told of, not the rotation before it; a failed one leaves the current", () => {
  const versions = [version("v3", "AWSCURRENT"), version("v2", "AWSPREVIOUS")];
  const mirrors = [mirror("eu", { versionId: "v3", at: after(900) })];
  expect(pictureOf(whole, { versions, mirrors })).toMatchObject({ versionId: "v3", startedAt: after(900) });
  const rolledBack = [version("v3"), ...promoted];
  expect(pictureOf(whole, { versions: rolledBack })?.versionId).toBe("v2");
});

const time = fc.integer({ min: -5_000, max: 5_000 }).map(after);
const held = fc.record({ versionId: fc.constantFrom("v1", "v2"), at: fc.option(time, { nil: undefined }) });
const steps = fc.array(
  fc.record({
    versionId: fc.constant("v2"),
    step: fc.constantFrom<StepRecord["step"]>("createSecret", "setSecret", "testSecret", "finishSecret"),
    at: time,
    outcome: fc.constantFrom<StepRecord["outcome"]>("done", "already-done", "failed"),
    durationMs: fc.nat(2_000),
  }),
  { maxLength: 8 },
);

test("whatever the clocks say, marks are in order, the whole spans them, and everyone is marked, waited for or of unknown time", () => {
  fc.assert(
    fc.property(steps, fc.array(held, { maxLength: 5 }), fc.array(held, { maxLength: 5 }), (done, vaults, services) => {
      const mirrors = vaults.map(({ versionId, at }, index) =>
        mirror(`c${index}`, { versionId, ...(at === undefined ? {} : { at }) }),
      );
      const subscribers = services.map(({ versionId, at }, index) =>
        subscriber(`s${index}`, { versionId, ...(at === undefined ? {} : { adoptedAt: at }) }),
      );
      const picture = pictureOf(done, { mirrors, subscribers });
      const timed = [...vaults, ...services].filter(({ versionId, at }) => versionId === "v2" && at !== undefined);
      const behind = [...vaults, ...services].filter(({ versionId }) => versionId === "v1");
      expect(picture === undefined).toBe(done.length + timed.length === 0);
      const { marks, waitingFor } = picture ?? { marks: [], waitingFor: behind };
      const starts = marks.map(({ startedAt }) => startedAt.getTime());
      const ends = marks.map(({ endedAt }) => endedAt.getTime());
      expect(starts).toEqual(starts.toSorted((one, other) => one - other));
      expect(picture?.startedAt.getTime()).toBe(starts[0]);
      expect(picture?.endedAt.getTime()).toBe(ends.toSorted((one, other) => other - one)[0]);
      const ofKind = (kind: string) => marks.filter((mark) => mark.kind === kind).length;
      expect(ofKind("step")).toBe(done.length);
      expect(ofKind("promoted")).toBeLessThanOrEqual(1);
      expect(ofKind("mirrored") + ofKind("adopted")).toBe(timed.length);
      expect(waitingFor).toHaveLength(behind.length);
    }),
  );
});
