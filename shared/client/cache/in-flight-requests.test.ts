import { beforeEach, describe, expect, test } from "vitest";
import {
  answer,
  type RequestStage,
  requestStage,
  holding,
  longestRequestMs,
  freshMs,
} from "../../../tests/support/request-stage.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { CachedVersion, CachedSecret, setRequestState } from "./cached-secret.ts";
import type { SourceAnswer } from "../sources/secret-source.ts";
import { settled } from "../../../tests/support/settled.ts";

const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-AbCdEf";
const older = answer("older", { createdAt: new Date(1_000_000) });
const newer = answer("newer", { createdAt: new Date(2_000_000) });

let stage: RequestStage;
const rejecting = (thrown: Error) => async (): Promise<never> => {
  throw thrown;
};

beforeEach(() => {
  stage = requestStage();
  stage.says(() => newer);
});

describe("an answer", () => {
  test("is kept with its time and its account, and the entry is quiet for a while", async () => {
    const entry = new CachedSecret("a");
    setRequestState(entry, {
      failure: { error: new RekeyError("store-throttled"), count: 1, retryAtMs: 0, deniedAtMs: 1 },
    });
    stage.says(() => ({ ...newer, secretArn: arn }));
    expect(await stage.inFlightRequests().request(entry)).toEqual({ versionId: "newer", value: newer.value });
    expect(entry).toMatchObject({
      version: { versionId: "newer" },
      createdAtSeconds: 2_000,
      confirmedAtMs: stage.startMs,
      freshUntilMs: stage.startMs + freshMs,
      account: "aws:111122223333",
      requestState: undefined,
    });
    expect(stage.settled).toHaveBeenCalledExactlyOnceWith("value of newer".length);
    expect(stage.notices.applyTo).toHaveBeenCalledExactlyOnceWith(entry, stage.startMs);
    expect(stage.notices.confirm.mock.calls).toMatchObject([[entry, { versionId: "newer" }]]);
    expect(stage.told).toEqual([]);
  });

  test("that is newer takes the place of what was held, and is reported", async () => {
    const entry = holding(older);
    const version = entry.version;
    entry.ready = Promise.resolve(older);
    entry.parsed = { schema: undefined, value: Promise.resolve(1) };
    entry.account = "aws:1";
    const read = await stage.inFlightRequests().request(entry);
    expect(entry).toMatchObject({ ready: undefined, parsed: undefined, account: "aws:1" });
    expect(stage.told).toEqual([["rotated", { secretId: "a", version: read, previousVersionId: version?.versionId }]]);
    expect(stage.settled).toHaveBeenCalledExactlyOnceWith(0);
    expect(stage.notices.applyTo).not.toHaveBeenCalled();
  });

  test("of the version that is held changes nothing of it", async () => {
    const entry = holding(newer);
    const { version } = entry;
    stage.says(() => answer("newer"));
    expect(await stage.inFlightRequests().request(entry)).toBe(version);
    expect(entry).toMatchObject({ version, createdAtSeconds: 2_000, confirmedAtMs: stage.startMs });
    expect([stage.told, stage.settled.mock.calls]).toEqual([[], [[0]]]);
  });

  test("without a time leaves none", async () => {
    const entry = holding(older);
    stage.says(() => answer("timeless, and longer"));
    await stage.inFlightRequests().request(entry);
    expect(entry.createdAtSeconds).toBe(0);
    expect(stage.settled).toHaveBeenCalledExactlyOnceWith("timeless, and longer".length - "older".length);
  });

  test("of a pinned version is quiet for as long as can be, and of another stage is reported to nobody", async () => {
    const pinned = new CachedVersion("a", { versionId: "newer" });
    await stage.inFlightRequests().request(pinned);
    expect(pinned.freshUntilMs).toBe(2 ** 31 - 1);
    const other = holding(older, new CachedVersion("a", { label: "AWSPENDING" }));
    stage.says(() => ({ ...newer, secretArn: arn }));
    await stage.inFlightRequests().request(other);
    expect([stage.told, stage.notices.confirm.mock.calls, stage.notices.applyTo.mock.calls]).toEqual([[], [], []]);
  });

  test("that is none fails as not found, with what was asked for", async () => {
    stage.says(() => undefined);
    const entry = new CachedVersion("a", { label: "AWSPENDING" });
    expect(await settled(stage.inFlightRequests().request(entry))).toMatchObject({
      code: "secret-not-found",
      context: { secret: "a", operation: "read", label: "AWSPENDING" },
    });
  });

  test("that is malformed fails", async () => {
    stage.says(() => ({ versionId: "" }));
    expect(await settled(stage.inFlightRequests().request(new CachedSecret("a")))).toMatchObject({
      code: "source-malformed",
    });
  });
});

describe("a failure", () => {
  const failing = async (entry: CachedSecret, error: Error, random = 0): Promise<number> => {
    stage.says(rejecting(error));
    await settled(stage.inFlightRequests({ random }).request(entry));
    return (entry.requestState?.failure?.retryAtMs ?? 0) - stage.clock.nowMs();
  };

  test("puts the next request off, twice as long each time, for at most half a minute", async () => {
    const entry = new CachedSecret("a");
    const throttled = new RekeyError("store-throttled");
    const pauses: number[] = [];
    for (let index = 0; index < 8; index++) pauses.push(await failing(entry, throttled));
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
    expect(entry.requestState).toMatchObject({ failure: { error: throttled, count: 8, deniedAtMs: undefined } });
    expect(await failing(new CachedSecret("b"), throttled, 1)).toBe(500);
    expect([stage.told, stage.settled.mock.calls.length]).toEqual([[], 9]);
    expect(stage.settled).toHaveBeenLastCalledWith(0);
  });

  test.each([
    [100, 250],
    [900, 900],
  ])("whose cause asks for %i ms waits at least so long", async (retryAfterMs, pauseMs) => {
    expect(await failing(new CachedSecret("a"), new RekeyError("store-throttled", { retryAfterMs }))).toBe(pauseMs);
  });

  test("remembers since when access is denied, until a value comes", async () => {
    const entry = new CachedSecret("a");
    await failing(entry, new RekeyError("store-throttled"));
    stage.clock.freeze(1);
    await failing(entry, new RekeyError("access-denied"));
    stage.clock.freeze(1);
    await failing(entry, new RekeyError("store-throttled"));
    expect(entry.requestState?.failure?.deniedAtMs).toBe(stage.startMs + 1);
    stage.says(() => newer);
    await stage.inFlightRequests().request(entry);
    expect(entry.requestState).toBeUndefined();
  });

  test("of a value that is held is reported with the value's age", async () => {
    const entry = holding(older);
    entry.confirmedAtMs = stage.startMs - 70;
    const error = new RekeyError("store-throttled");
    await failing(entry, error);
    expect(stage.told).toEqual([["stale", { secretId: "a", ageMs: 70, error }]]);
  });

  test("of another kind is reported without its message", async () => {
    stage.says(rejecting(new TypeError("canary")));
    const error = await settled(stage.inFlightRequests().request(new CachedSecret("a")));
    expect(error).toMatchObject({ code: "time-budget-spent", context: { secret: "a" } });
  });
});

describe("a request", () => {
  const later = (): (() => Promise<SourceAnswer>) & { readonly answers: PromiseWithResolvers<SourceAnswer>[] } => {
    const answers: PromiseWithResolvers<SourceAnswer>[] = [];
    const say = async (): Promise<SourceAnswer> => {
      const next = Promise.withResolvers<SourceAnswer>();
      answers.push(next);
      return next.promise;
    };
    return Object.assign(say, { answers });
  };

  test("is shared by all who ask meanwhile, until it belongs to a process that was frozen", async () => {
    const source = later();
    stage.says(source);
    const entry = new CachedSecret("a");
    const flying = stage.inFlightRequests();
    const first = flying.request(entry);
    stage.clock.freeze(longestRequestMs - 1);
    expect(entry.requestState?.inFlight?.version).toBe(first);
    void flying.request(entry);
    expect(stage.asked).toHaveLength(1);
    stage.clock.freeze(1);
    const second = flying.request(entry);
    expect(stage.asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    source.answers[0]?.resolve(older);
    source.answers[1]?.resolve(newer);
    expect((await Promise.all([first, second])).map(({ versionId }) => versionId)).toEqual(["newer", "newer"]);
    expect(entry.requestState).toBeUndefined();
  });

  test("that fails after another one took over gives what that one finds", async () => {
    const source = later();
    stage.says(source);
    const entry = new CachedSecret("a");
    const flying = stage.inFlightRequests();
    const first = flying.request(entry);
    stage.clock.freeze(longestRequestMs);
    void flying.request(entry);
    source.answers[0]?.reject(new RekeyError("store-rejected"));
    source.answers[1]?.resolve(newer);
    expect((await first).versionId).toBe("newer");
  });

  test.each([
    ["an answer", (of: PromiseWithResolvers<SourceAnswer>) => of.resolve(newer)],
    ["an error", (of: PromiseWithResolvers<SourceAnswer>) => of.reject(new RekeyError("store-rejected"))],
  ])("of a client that is closed ends so, whatever comes: %s", async (_, settle) => {
    const source = later();
    stage.says(source);
    const entry = new CachedSecret("a");
    const waiting = settled(stage.inFlightRequests().request(entry));
    stage.closing.abort();
    for (const one of source.answers) settle(one);
    expect(await waiting).toMatchObject({ code: "pool-closed", context: { secret: "a" } });
    expect(entry.version).toBeUndefined();
    expect(await settled(stage.inFlightRequests().request(new CachedSecret("b")))).toMatchObject({
      code: "pool-closed",
      context: { secret: "b" },
    });
    expect(stage.asked).toHaveLength(1);
  });
});
