import { beforeEach, describe, expect, test, vi } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import { type ManualClock, manualClock } from "../../testing/manual-clock.ts";
import { type ClientEvents, createListeners } from "../client-events.ts";
import { type SecretClientOptions, settingsOf } from "../client-options.ts";
import {
  CachedVersion,
  CachedSecret,
  type Failure,
  invalidated,
  setRequestState,
  type RequestState,
} from "./cached-secret.ts";
import type { InFlightRequests } from "./in-flight-requests.ts";
import { requestBudget } from "./request-budget.ts";
import type { SourceVersion } from "../sources/secret-source.ts";
import { ReadPolicy } from "./read-policy.ts";
import { type Counts, noCounts } from "../telemetry.ts";
import { settled } from "../../../tests/support/settled.ts";

const held: SourceVersion = { versionId: "held", value: new SecretValue("one") };
const fresh: SourceVersion = { versionId: "fresh", value: new SecretValue("two") };
const denied = new RekeyError("access-denied");
const never = Number.POSITIVE_INFINITY;
const ttlMs = 1_000;
const maxStaleMs = 10_000;

let clock: ManualClock;
let counts: Counts;
let told: ClientEvents["error"][];
/** Requests that were made, each with its end. */
let flown: PromiseWithResolvers<SourceVersion>[];
let inFlightRequests: Pick<InFlightRequests, "request">;

const made = (options: Partial<SecretClientOptions> = {}): ReadPolicy => {
  const all = createListeners();
  all.on("error", (failure) => told.push(failure));
  const source = { read: async () => undefined };
  const settings = settingsOf({ source, clock, ttlMs, maxStaleMs, maxDeniedMs: 2_000, background: true, ...options });
  return new ReadPolicy({ settings, inFlightRequests, listeners: all, counts });
};
/** An entry whose value was confirmed now, and is due. */
const due = (requestState: RequestState = {}, entry: CachedSecret = new CachedSecret("a")): CachedSecret => {
  Object.assign(entry, { version: held, confirmedAtMs: clock.nowMs(), freshUntilMs: clock.nowMs() });
  setRequestState(entry, requestState);
  return entry;
};
const failed = (more: Partial<Failure> = {}): RequestState => ({
  failure: { error: denied, count: 1, retryAtMs: 0, deniedAtMs: undefined, ...more },
});
const announced = (versionId: string, fromMs = clock.nowMs(), untilMs = clock.nowMs() + 4_000): RequestState => ({
  announced: { versionId, atMs: 0, timed: true, account: undefined, fromMs, untilMs },
});
const inFlight = (fromMs = never, version = new Promise<SourceVersion>(() => undefined)): RequestState => ({
  inFlight: { version, startedAtMs: 0, stillness: { fromMs }, abandon: () => undefined },
});
const oneLeft = () => requestBudget({ requestsPerSecond: 1e-6, burst: 1, whenSpent: "wait" }, clock);
const spent = () => {
  const budget = oneLeft();
  void budget.take(0, new AbortController().signal);
  return budget;
};

beforeEach(() => {
  clock = manualClock();
  counts = noCounts();
  told = [];
  flown = [];
  inFlightRequests = {
    async request(entry) {
      const underWay = entry.requestState?.inFlight;
      if (underWay !== undefined) return underWay.version;
      const started = Promise.withResolvers<SourceVersion>();
      flown.push(started);
      setRequestState(entry, inFlight(never, started.promise));
      return started.promise;
    },
  };
});

describe("without waiting", () => {
  test.each([
    ["a quiet value is served without a request", 999, held, 0],
    ["a value that is due is served, and refreshed in the background", 1_000, held, 1],
  ])("%s", (_, passedMs, version, requests) => {
    const entry = due();
    entry.freshUntilMs += 1_000;
    clock.freeze(passedMs);
    expect(made().peek(entry)).toBe(version);
    expect(flown).toHaveLength(requests);
  });

  test.each([
    ["within twice its TTL is served", 1_999, held],
    ["that nobody asked for within twice its TTL is checked first", 2_000, undefined],
  ])("a value %s", (_, passedMs, version) => {
    const entry = due();
    clock.freeze(passedMs);
    expect(made().peek(entry)).toBe(version);
    expect(flown).toHaveLength(version === undefined ? 0 : 1);
  });

  test.each([
    ["after a failure a value that nobody asked for is served meanwhile", failed(), true, held],
    ["an invalidated value is checked first", {}, true, undefined],
    ["without background work a value that is due is checked first", failed(), false, undefined],
  ])("%s", (_, requestState, background, version) => {
    const entry = due(requestState);
    entry.freshUntilMs = invalidated;
    clock.freeze(2_000);
    expect(made({ background }).peek(entry)).toBe(version);
  });

  test.each([
    ["until the time for another one", 499, 0],
    ["and then it is made", 500, 1],
  ])("after a failure no request is made %s", (_, passedMs, requests) => {
    const entry = due(failed({ retryAtMs: clock.nowMs() + 500 }));
    clock.freeze(passedMs);
    expect(made().peek(entry)).toBe(held);
    expect(flown).toHaveLength(requests);
  });

  test.each([
    ["is served until its longest stale time", ttlMs + maxStaleMs - 1, {}, held],
    ["is not served from then on", ttlMs + maxStaleMs, {}, undefined],
    ["is served for a grace while access is denied", 1_999, { deniedAtMs: 1_000 }, held],
    ["is not served after that grace", 2_000, { deniedAtMs: 1_000 }, undefined],
  ])("a value whose refresh fails %s", (_, passedMs, failure, version) => {
    const entry = due(failed(failure));
    clock.freeze(passedMs);
    expect(made().peek(entry)).toBe(version);
  });

  test("a read is stale once its TTL is over", () => {
    const entry = due(failed());
    clock.freeze(999);
    made().peek(entry);
    expect(counts.staleReads).toBe(0);
    clock.freeze(1);
    made().peek(entry);
    expect(counts.staleReads).toBe(1);
  });

  test("a secret without a value is asked for by nobody who does not wait", () => {
    const entry = due(failed());
    entry.version = undefined;
    expect(made().peek(entry)).toBeUndefined();
    expect([flown.length, counts.staleReads]).toEqual([0, 0]);
  });

  test("a pinned version is served for ever, without a request", () => {
    const entry = due({}, new CachedVersion("a", { versionId: "held" }));
    clock.freeze(2 ** 40);
    expect(made().peek(entry)).toBe(held);
    expect([flown.length, counts.staleReads]).toEqual([0, 0]);
  });

  test.each([
    ["still in time is waited for by nobody", 499, held],
    ["that stood still is waited for", 500, undefined],
  ])("a request under way %s", (_, passedMs, version) => {
    const entry = due(inFlight(clock.nowMs() + 500));
    clock.freeze(passedMs);
    expect(made().peek(entry)).toBe(version);
  });

  test.each([
    ["is withheld", "new", oneLeft, undefined, 0],
    ["is served while the budget for requests is spent", "new", spent, held, 0],
    ["is served when it is the announced version", "held", oneLeft, held, 1],
  ])("an announced secret's value %s", (_, versionId, budget, version, requests) => {
    expect(made({ budget: budget() }).peek(due(announced(versionId)))).toBe(version);
    expect(flown).toHaveLength(requests);
  });

  test("the budget for requests is asked about announced secrets only", () => {
    expect(made({ budget: spent() }).peek(due())).toBe(held);
    expect(flown).toHaveLength(1);
  });

  test("an announced secret's value is withheld where its request is under way, whatever the budget", () => {
    expect(made({ budget: spent() }).peek(due({ ...announced("new"), ...inFlight() }))).toBeUndefined();
  });
});

describe("a request in the background", () => {
  test("reports its failure, and that of one that others made is left to them", async () => {
    const [own, joined] = [due(), due({}, new CachedSecret("b"))];
    const theirs = settled(inFlightRequests.request(joined));
    const ends = [made().refreshInBackground(own), made().refreshInBackground(joined)];
    for (const inFlight of flown) inFlight.reject(denied);
    await Promise.all([theirs, ...ends]);
    expect(told).toEqual([{ secretId: "a", error: denied }]);
  });

  test.each([
    ["a client that was closed", new RekeyError("pool-closed")],
    ["what is no error of rekey", new TypeError("canary")],
  ])("reports nothing of %s", async (_, error) => {
    const ended = made().refreshInBackground(due());
    flown[0]?.reject(error);
    await ended;
    expect(told).toEqual([]);
  });

  test("never rejects, also where the client was closed before", async () => {
    inFlightRequests.request = async () => Promise.reject(new RekeyError("pool-closed"));
    await expect(made().refreshInBackground(new CachedSecret("a"))).resolves.toBeUndefined();
    expect(told).toEqual([]);
  });
});

describe("waiting", () => {
  test("gives what may be served at once, by the same promise each time", async () => {
    const entry = due();
    const first = made().get(entry);
    expect(await first).toBe(held);
    expect(made().get(entry)).toBe(first);
  });

  test("gives the value that may still be served when the request fails, and counts it as stale", async () => {
    const entry = due();
    entry.freshUntilMs = invalidated;
    const reading = made().get(entry);
    flown[0]?.reject(denied);
    expect(await reading).toBe(held);
    expect(counts.staleReads).toBe(1);
  });

  test("rejects when the request fails and nothing may be served", async () => {
    const entry = due();
    clock.freeze(ttlMs + maxStaleMs);
    const reading = settled(made().get(entry));
    flown[0]?.reject(denied);
    expect(await reading).toBe(denied);
    expect(counts.staleReads).toBe(0);
  });

  test("repeats the failure until the time for another request, and says how long that is", async () => {
    const error = new RekeyError("store-throttled", { context: { secret: "a" }, hint: "wait" });
    const entry = due(failed({ error, retryAtMs: clock.nowMs() + 500 }));
    entry.version = undefined;
    clock.freeze(499);
    expect(await settled(made().get(entry))).toMatchObject({
      code: "store-throttled",
      context: { secret: "a" },
      hint: "wait",
      retryAfterMs: 1,
    });
    clock.freeze(1);
    const reading = made().get(entry);
    flown[0]?.resolve(fresh);
    expect(await reading).toBe(fresh);
  });

  test("joins a request that stood still although the one before failed", async () => {
    const underWay = inFlight(clock.nowMs(), Promise.resolve(fresh));
    const entry = due({ ...failed({ retryAtMs: clock.nowMs() + 500 }), ...underWay });
    expect(await made().get(entry)).toBe(fresh);
  });
});

describe("waiting for an announced version", () => {
  test("gives the old one when the lag budget ends", async () => {
    const ended = vi.fn<(version: SourceVersion) => void>();
    const reading = made()
      .get(due(announced("new")))
      .then(ended);
    await clock.advance(3_999);
    expect(ended).not.toHaveBeenCalled();
    await clock.advance(1);
    await reading;
    expect(ended).toHaveBeenCalledWith(held);
  });

  test("gives what the source says before that, and leaves no timer", async () => {
    const sleep = vi.spyOn(clock, "sleep");
    const reading = made().get(due(announced("new")));
    flown[0]?.resolve(fresh);
    expect(await reading).toBe(fresh);
    expect(sleep.mock.calls.map(([, signal]) => signal.aborted)).toEqual([true]);
  });

  test.each([
    ["a moment after the lag budget gives the old one", 4_499, "held"],
    ["long after the lag budget waits for the source: the process stood still", 4_500, "fresh"],
  ])("%s", async (_, passedMs, versionId) => {
    const reading = made().get(due(announced("new")));
    clock.freeze(passedMs);
    await clock.advance(0);
    flown[0]?.resolve(fresh);
    expect((await reading).versionId).toBe(versionId);
  });

  test("waits for the source after the lag budget where the old one may not be served", async () => {
    const entry = due(announced("new"));
    entry.confirmedAtMs -= ttlMs + maxStaleMs;
    const reading = made().get(entry);
    await clock.advance(4_000);
    flown[0]?.resolve(fresh);
    expect(await reading).toBe(fresh);
  });
});
