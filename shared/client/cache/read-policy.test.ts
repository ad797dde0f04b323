import { beforeEach, describe, expect, test } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { CachedSecret, CachedVersion, invalidated } from "./cached-secret.ts";
import { requestBudget } from "./request-budget.ts";
import {
  denied,
  failed,
  held,
  inFlight,
  maxStaleMs,
  type ReadPolicyStage,
  readPolicyStage,
  ttlMs,
} from "../../../tests/support/read-policy-stage.ts";
import { settled } from "../../../tests/support/settled.ts";

let stage: ReadPolicyStage;
beforeEach(() => {
  stage = readPolicyStage();
});

const oneLeft = () => requestBudget({ requestsPerSecond: 1e-6, burst: 1, whenSpent: "wait" }, stage.clock);
const spent = () => {
  const budget = oneLeft();
  void budget.take(0, new AbortController().signal);
  return budget;
};

describe("without waiting", () => {
  test.each([
    ["a quiet value is served without a request", 999, held, 0],
    ["a value that is due is served, and refreshed in the background", 1_000, held, 1],
  ])("%s", (_, passedMs, version, requests) => {
    const entry = stage.due();
    entry.freshUntilMs += 1_000;
    stage.clock.freeze(passedMs);
    expect(stage.made().peek(entry)).toBe(version);
    expect(stage.flown).toHaveLength(requests);
  });

  test.each([
    ["within twice its TTL is served", 1_999, held],
    ["that nobody asked for within twice its TTL is checked first", 2_000, undefined],
  ])("a value %s", (_, passedMs, version) => {
    const entry = stage.due();
    stage.clock.freeze(passedMs);
    expect(stage.made().peek(entry)).toBe(version);
    expect(stage.flown).toHaveLength(version === undefined ? 0 : 1);
  });

  test.each([
    ["after a failure a value that nobody asked for is served meanwhile", failed(), true, held],
    ["an invalidated value is checked first", {}, true, undefined],
    ["without background work a value that is due is checked first", failed(), false, undefined],
  ])("%s", (_, requestState, background, version) => {
    const entry = stage.due(requestState);
    entry.freshUntilMs = invalidated;
    stage.clock.freeze(2_000);
    expect(stage.made({ background }).peek(entry)).toBe(version);
  });

  test.each([
    ["until the time for another one", 499, 0],
    ["and then it is made", 500, 1],
  ])("after a failure no request is made %s", (_, passedMs, requests) => {
    const entry = stage.due(failed({ retryAtMs: stage.clock.nowMs() + 500 }));
    stage.clock.freeze(passedMs);
    expect(stage.made().peek(entry)).toBe(held);
    expect(stage.flown).toHaveLength(requests);
  });

  test.each([
    ["is served until its longest stale time", ttlMs + maxStaleMs - 1, {}, held],
    ["is not served from then on", ttlMs + maxStaleMs, {}, undefined],
    ["is served for a grace while access is denied", 1_999, { deniedAtMs: 1_000 }, held],
    ["is not served after that grace", 2_000, { deniedAtMs: 1_000 }, undefined],
  ])("a value whose refresh fails %s", (_, passedMs, failure, version) => {
    const entry = stage.due(failed(failure));
    stage.clock.freeze(passedMs);
    expect(stage.made().peek(entry)).toBe(version);
  });

  test("a read is stale once its TTL is over", () => {
    const entry = stage.due(failed());
    stage.clock.freeze(999);
    stage.made().peek(entry);
    expect(stage.counts.staleReads).toBe(0);
    stage.clock.freeze(1);
    stage.made().peek(entry);
    expect(stage.counts.staleReads).toBe(1);
  });

  test("a secret without a value is asked for by nobody who does not wait", () => {
    const entry = stage.due(failed());
    entry.version = undefined;
    expect(stage.made().peek(entry)).toBeUndefined();
    expect([stage.flown.length, stage.counts.staleReads]).toEqual([0, 0]);
  });

  test("a pinned version is served for ever, without a request", () => {
    const entry = stage.due({}, new CachedVersion("a", { versionId: "held" }));
    stage.clock.freeze(2 ** 40);
    expect(stage.made().peek(entry)).toBe(held);
    expect([stage.flown.length, stage.counts.staleReads]).toEqual([0, 0]);
  });

  test.each([
    ["still in time is waited for by nobody", 499, held],
    ["that stood still is waited for", 500, undefined],
  ])("a request under way %s", (_, passedMs, version) => {
    const entry = stage.due(inFlight(stage.clock.nowMs() + 500));
    stage.clock.freeze(passedMs);
    expect(stage.made().peek(entry)).toBe(version);
  });

  test.each([
    ["is withheld", "new", oneLeft, undefined, 0],
    ["is served while the budget for requests is spent", "new", spent, held, 0],
    ["is served when it is the announced version", "held", oneLeft, held, 1],
  ])("an announced secret's value %s", (_, versionId, budget, version, requests) => {
    expect(stage.made({ budget: budget() }).peek(stage.due(stage.announced(versionId)))).toBe(version);
    expect(stage.flown).toHaveLength(requests);
  });

  test("the budget for requests is asked about announced secrets only", () => {
    expect(stage.made({ budget: spent() }).peek(stage.due())).toBe(held);
    expect(stage.flown).toHaveLength(1);
  });

  test("an announced secret's value is withheld where its request is under way, whatever the budget", () => {
    expect(
      stage.made({ budget: spent() }).peek(stage.due({ ...stage.announced("new"), ...inFlight() })),
    ).toBeUndefined();
  });
});

describe("a request in the background", () => {
  test("reports its failure, and that of one that others made is left to them", async () => {
    const [own, joined] = [stage.due(), stage.due({}, new CachedSecret("b"))];
    const theirs = settled(stage.inFlightRequests.request(joined));
    const ends = [stage.made().refreshInBackground(own), stage.made().refreshInBackground(joined)];
    for (const inFlight of stage.flown) inFlight.reject(denied);
    await Promise.all([theirs, ...ends]);
    expect(stage.told).toEqual([{ secretId: "a", error: denied }]);
  });

  test.each([
    ["a client that was closed", new RekeyError("pool-closed")],
    ["what is no error of rekey", new TypeError("canary")],
  ])("reports nothing of %s", async (_, error) => {
    const ended = stage.made().refreshInBackground(stage.due());
    stage.flown[0]?.reject(error);
    await ended;
    expect(stage.told).toEqual([]);
  });

  test("never rejects, also where the client was closed before", async () => {
    stage.inFlightRequests.request = async () => Promise.reject(new RekeyError("pool-closed"));
    await expect(stage.made().refreshInBackground(new CachedSecret("a"))).resolves.toBeUndefined();
    expect(stage.told).toEqual([]);
  });
});
