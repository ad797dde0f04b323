import { beforeEach, describe, expect, test, vi } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { SecretValue } from "../../secrets/secret-value.ts";
import type { SourceVersion } from "../sources/secret-source.ts";
import { invalidated } from "./cached-secret.ts";
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

const fresh: SourceVersion = { versionId: "fresh", value: new SecretValue("two") };

let stage: ReadPolicyStage;
beforeEach(() => {
  stage = readPolicyStage();
});

describe("waiting", () => {
  test("gives what may be served at once, by the same promise each time", async () => {
    const entry = stage.due();
    const first = stage.made().get(entry);
    expect(await first).toBe(held);
    expect(stage.made().get(entry)).toBe(first);
  });

  test("gives the value that may still be served when the request fails, and counts it as stale", async () => {
    const entry = stage.due();
    entry.freshUntilMs = invalidated;
    const reading = stage.made().get(entry);
    stage.flown[0]?.reject(denied);
    expect(await reading).toBe(held);
    expect(stage.counts.staleReads).toBe(1);
  });

  test("rejects when the request fails and nothing may be served", async () => {
    const entry = stage.due();
    stage.clock.freeze(ttlMs + maxStaleMs);
    const reading = settled(stage.made().get(entry));
    stage.flown[0]?.reject(denied);
    expect(await reading).toBe(denied);
    expect(stage.counts.staleReads).toBe(0);
  });

  test("repeats the failure until the time for another request, and says how long that is", async () => {
    const error = new RekeyError("store-throttled", { context: { secret: "a" }, hint: "wait" });
    const entry = stage.due(failed({ error, retryAtMs: stage.clock.nowMs() + 500 }));
    entry.version = undefined;
    stage.clock.freeze(499);
    expect(await settled(stage.made().get(entry))).toMatchObject({
      code: "store-throttled",
      context: { secret: "a" },
      hint: "wait",
      retryAfterMs: 1,
    });
    stage.clock.freeze(1);
    const reading = stage.made().get(entry);
    stage.flown[0]?.resolve(fresh);
    expect(await reading).toBe(fresh);
  });

  test("joins a request that stood still although the one before failed", async () => {
    const underWay = inFlight(stage.clock.nowMs(), Promise.resolve(fresh));
    const entry = stage.due({ ...failed({ retryAtMs: stage.clock.nowMs() + 500 }), ...underWay });
    expect(await stage.made().get(entry)).toBe(fresh);
  });
});

describe("waiting for an announced version", () => {
  test("gives the old one when the lag budget ends", async () => {
    const ended = vi.fn<(version: SourceVersion) => void>();
    const reading = stage
      .made()
      .get(stage.due(stage.announced("new")))
      .then(ended);
    await stage.clock.advance(3_999);
    expect(ended).not.toHaveBeenCalled();
    await stage.clock.advance(1);
    await reading;
    expect(ended).toHaveBeenCalledWith(held);
  });

  test("gives what the source says before that, and leaves no timer", async () => {
    const sleep = vi.spyOn(stage.clock, "sleep");
    const reading = stage.made().get(stage.due(stage.announced("new")));
    stage.flown[0]?.resolve(fresh);
    expect(await reading).toBe(fresh);
    expect(sleep.mock.calls.map(([, signal]) => signal.aborted)).toEqual([true]);
  });

  test.each([
    ["a moment after the lag budget gives the old one", 4_499, "held"],
    ["long after the lag budget waits for the source: the process stood still", 4_500, "fresh"],
  ])("%s", async (_, passedMs, versionId) => {
    const reading = stage.made().get(stage.due(stage.announced("new")));
    stage.clock.freeze(passedMs);
    await stage.clock.advance(0);
    stage.flown[0]?.resolve(fresh);
    expect((await reading).versionId).toBe(versionId);
  });

  test("waits for the source after the lag budget where the old one may not be served", async () => {
    const entry = stage.due(stage.announced("new"));
    entry.confirmedAtMs -= ttlMs + maxStaleMs;
    const reading = stage.made().get(entry);
    await stage.clock.advance(4_000);
    stage.flown[0]?.resolve(fresh);
    expect(await reading).toBe(fresh);
  });
});
