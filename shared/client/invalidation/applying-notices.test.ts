import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { confirmed, dayMs, lagBudgetMs, type NoticeStage, noticeStage } from "../../../tests/support/notice-stage.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import { type CachedSecret, invalidated, setRequestState, type RequestState } from "../cache/cached-secret.ts";
import type { InvalidationHandler } from "./invalidation-handler.ts";
import type { SecretNotice } from "./invalidation-source.ts";
import { noticePeriodMs } from "./notice-allowance.ts";
import { requestBudget } from "../cache/request-budget.ts";
import type { SecretClientOptions } from "../client-options.ts";
import type { SourceSelector } from "../sources/secret-source.ts";

const arnIn = (account: string): string => `arn:aws:secretsmanager:eu-west-1:${account}:secret:a-AbCdEf`;

let stage: NoticeStage;
beforeEach(() => {
  stage = noticeStage();
});
afterEach(() => stage.closing.abort());

const made = (options?: Partial<SecretClientOptions>): InvalidationHandler => stage.invalidating(options);
const held = (secretId: string, at?: SourceSelector): CachedSecret => stage.held(secretId, at);
const hear = (notice?: Partial<SecretNotice>): void => stage.hear(notice);
const failure = (retryAtMs: number): RequestState => ({
  failure: { error: new RekeyError("store-throttled"), count: 3, retryAtMs, deniedAtMs: undefined },
});
const spend = (times: number, secretId = "a"): void => {
  for (let index = 0; index < times; index++) stage.allowance.spend(secretId, stage.nowMs);
};
const quietForMs = ({ freshUntilMs }: CachedSecret): number => freshUntilMs - stage.nowMs;

describe("an invalidation", () => {
  test("makes every entry of the secret due but pinned versions, and forgets when to ask again", () => {
    const entries = [held("a"), held(arnIn("1")), held("a", { label: "AWSPENDING" })];
    const others = [held("a", { versionId: "v1" }), held("ab"), held("b")];
    const [first] = entries;
    if (first !== undefined) setRequestState(first, failure(stage.nowMs + 500));
    made().invalidate("a");
    expect(entries.map(({ freshUntilMs }) => freshUntilMs)).toEqual([invalidated, invalidated, invalidated]);
    expect(first?.requestState).toEqual(failure(0));
    expect(others.map(quietForMs)).toEqual([dayMs, dayMs, dayMs]);
  });

  test("of another account's secret leaves this one alone, whether its ARN or its answer shows the account", () => {
    const [byArn, byAnswer, unknown] = [held(arnIn("1")), held("a"), held("a", { label: "AWSPREVIOUS" })];
    byAnswer.account = "aws:1";
    made().invalidate(arnIn("2"));
    expect([byArn, byAnswer].map(quietForMs)).toEqual([dayMs, dayMs]);
    expect(unknown.freshUntilMs).toBe(invalidated);
  });

  test.each([
    [undefined, invalidated],
    [0, invalidated],
    [-100, invalidated],
    [Number.POSITIVE_INFINITY, invalidated],
    [Number.NaN, invalidated],
    [101, 1_000 + 51],
  ])(
    "with a version and within %s ms makes the entry due at a random moment of that time",
    (withinMs, freshUntilMs) => {
      const entry = held("a");
      made().invalidate("a", { atLeast: "new", ...(withinMs !== undefined && { withinMs }) });
      expect(entry.freshUntilMs).toBe(freshUntilMs);
      const fromMs = Math.max(freshUntilMs, stage.nowMs);
      expect(entry.requestState?.announced).toMatchObject({ versionId: "new", fromMs, untilMs: fromMs + lagBudgetMs });
      expect(stage.askedAtMs).toEqual([]);
    },
  );

  test.each([
    ["secretId", "", undefined],
    ["versionId", "a", { atLeast: "" }],
  ])("with an impossible %s is refused", (option, secretId, invalidation) => {
    const { invalidate } = made();
    expect(() => invalidate(secretId, invalidation)).toThrow(expect.objectContaining({ code: "option-invalid" }));
    expect(() => invalidate(secretId, invalidation)).toThrow(`option=${option}`);
  });
});

describe("a notice", () => {
  test("withholds the old version at once, and has the new one asked for at a random moment of the spread", async () => {
    const entry = held("a");
    made({ spreadMs: 101 });
    hear({ previousVersionId: "old" });
    expect(entry.freshUntilMs).toBe(invalidated);
    expect(entry.requestState?.announced).toMatchObject({
      versionId: "new",
      previousVersionId: "old",
      fromMs: stage.nowMs,
    });
    await stage.clock.advance(50);
    expect(stage.askedAtMs).toEqual([]);
    await stage.clock.advance(1);
    expect(stage.askedAtMs).toEqual([51]);
  });

  test("withholds the old version from that moment on where it still works", async () => {
    const entry = held("a");
    made({ spreadMs: 100 });
    hear({ replacedStillWorks: true });
    expect(quietForMs(entry)).toBe(50);
    expect(entry.requestState?.announced).toMatchObject({
      fromMs: stage.nowMs + 50,
      untilMs: stage.nowMs + 50 + lagBudgetMs,
    });
    await stage.clock.advance(50);
    expect(stage.askedAtMs).toEqual([50]);
  });

  test("does not put off what is due earlier", () => {
    const entry = held("a");
    entry.freshUntilMs = stage.nowMs + 20;
    made({ spreadMs: 100 });
    hear({ replacedStillWorks: true });
    expect(quietForMs(entry)).toBe(20);
  });

  test("without background work asks for nothing by itself", async () => {
    const entry = held("a");
    made({ background: false, spreadMs: 0 });
    hear();
    await stage.clock.advance(1_000);
    expect([entry.freshUntilMs, stage.askedAtMs]).toEqual([invalidated, []]);
  });

  test("of what is known already asks for nothing", async () => {
    const entry = held("a");
    made({ spreadMs: 0 });
    hear({ versionId: "old" });
    await stage.clock.advance(1_000);
    expect([quietForMs(entry), stage.askedAtMs]).toEqual([dayMs, []]);
  });

  test("that is none is counted, reported, and changes nothing", () => {
    made();
    hear({ secretArn: "x".repeat(3_000) });
    expect(stage.counts.notices).toBe(1);
    expect(stage.told).toMatchObject([{ error: { code: "option-invalid", context: { option: "secretArn" } } }]);
  });

  test("has other stages asked for once, as far as the secret's allowance goes", () => {
    const previous = held("a", { label: "AWSPREVIOUS" });
    made({ spreadMs: 0 });
    hear();
    expect(previous.freshUntilMs).toBe(invalidated);
    expect(previous.requestState).toBeUndefined();
    spend(4);
    expect(stage.allowance.freeAtMs("a")).toBe(0);
    hear({ versionId: "another" });
    spend(1);
    expect(stage.allowance.freeAtMs("a")).toBe(stage.nowMs + noticePeriodMs);
    previous.freshUntilMs = stage.nowMs + dayMs;
    hear({ versionId: "a third" });
    expect(quietForMs(previous)).toBe(noticePeriodMs);
  });

  test.each([
    ["the allowance is spent", 6, {}, noticePeriodMs],
    [
      "notices are doubted",
      0,
      { history: { noticeAtMs: 0, replaced: new Set<string>(), disproved: new Map(), doubtedUntilMs: 9e9 } },
      0,
    ],
  ])("withholds nothing while %s, and has the secret asked for when it may be", (_, times, requestState, dueMs) => {
    spend(times);
    const entry = held("a");
    setRequestState(entry, { ...requestState, ...failure(stage.nowMs + 77) });
    made({ spreadMs: 0 });
    hear();
    expect(quietForMs(entry)).toBe(dueMs);
    expect(entry.requestState).toMatchObject({
      announced: { fromMs: Number.POSITIVE_INFINITY, untilMs: stage.nowMs + lagBudgetMs },
      failure: { retryAtMs: stage.nowMs + 77 },
    });
  });

  test("is remembered for entries that come later", () => {
    const remember = vi.fn<() => void>();
    const handler = stage.invalidating({ notices: { remember } });
    handler.invalidate(arnIn("1"), { atLeast: "new", atMs: 5, withinMs: 100 });
    const window = { fromMs: stage.nowMs + 50, untilMs: stage.nowMs + 50 + lagBudgetMs };
    const notice = { versionId: "new", account: "aws:1", atMs: 5, timed: true };
    expect(remember).toHaveBeenCalledExactlyOnceWith(arnIn("1"), notice, window, stage.nowMs);
  });
});

describe("an announced secret that nobody reads", () => {
  const announce = (entry: CachedSecret, freshMs: number): void => {
    entry.freshUntilMs = stage.clock.nowMs() + freshMs;
  };

  test("is asked for again until it is confirmed, once for each time, however many notices come", async () => {
    const entry = held("a");
    made({ spreadMs: 0 });
    stage.ends(() => (stage.askedAtMs.length < 3 ? announce(entry, 700) : confirmed(entry)));
    hear();
    hear({ versionId: "newer" });
    await stage.clock.advance(10_000);
    expect(stage.askedAtMs).toEqual([0, 700, 1_400]);
    hear({ versionId: "newest" });
    await stage.clock.advance(1);
    expect(stage.askedAtMs).toHaveLength(4);
  });

  test("is asked for no more once a request has failed, or the entry is dropped", async () => {
    const [failing, dropped] = [held("a"), held("b")];
    made({ spreadMs: 0 });
    stage.ends((entry) => (entry === failing ? setRequestState(entry, failure(0)) : announce(dropped, 500)));
    hear();
    await stage.clock.advance(10_000);
    expect(stage.askedAtMs).toEqual([0]);
    hear({ secretArn: "b" });
    await stage.clock.advance(100);
    stage.table.clear();
    await stage.clock.advance(10_000);
    expect(stage.askedAtMs).toHaveLength(2);
  });

  test("is asked for when its failure or its allowance lets it", async () => {
    const entry = held("a");
    made({ spreadMs: 0 });
    hear();
    setRequestState(entry, failure(stage.nowMs + 900));
    await stage.clock.advance(1_000);
    expect(stage.askedAtMs).toEqual([900]);
    held("b");
    spend(6, "b");
    hear({ secretArn: "b" });
    await stage.clock.advance(noticePeriodMs);
    expect(stage.askedAtMs).toEqual([900, noticePeriodMs]);
  });

  test("waits half a second at a time while the budget for requests is spent, unless a request is under way", async () => {
    const budget = requestBudget({ requestsPerSecond: 1, burst: 1, whenSpent: "wait" }, stage.clock);
    await budget.take(0, stage.closing.signal);
    const [idle, busy] = [held("a"), held("b")];
    made({ spreadMs: 0, budget });
    hear();
    await stage.clock.advance(999);
    expect(stage.askedAtMs).toEqual([]);
    await stage.clock.advance(1);
    expect([stage.askedAtMs, idle.requestState]).toEqual([[1_000], undefined]);
    await budget.take(0, stage.closing.signal);
    const version = new Promise<never>(() => undefined);
    setRequestState(busy, {
      inFlight: { version, startedAtMs: 0, stillness: { fromMs: 0 }, abandon: () => undefined },
    });
    hear({ secretArn: "b" });
    await stage.clock.advance(0);
    expect(stage.askedAtMs).toEqual([1_000, 1_000]);
  });

  test("is not asked for by a client that is closed", async () => {
    held("a");
    made({ spreadMs: 100 });
    hear();
    stage.closing.abort();
    await stage.clock.advance(1_000);
    expect(stage.askedAtMs).toEqual([]);
  });
});

test("after a gap everything is due but pinned versions", () => {
  const entries = [held("a"), held("b", { label: "AWSPENDING" }), held("c", { versionId: "v1" })];
  made();
  stage.sink().gap();
  expect(entries.map(({ freshUntilMs }) => freshUntilMs)).toEqual([invalidated, invalidated, stage.nowMs + dayMs]);
});

test("ignored messages are counted by reason", () => {
  made();
  for (const reason of ["not-json", "not-json", "another-event"] as const) stage.sink().ignored(reason);
  expect(stage.counts.ignored).toEqual(
    new Map([
      ["not-json", 2],
      ["another-event", 1],
    ]),
  );
});

test("a subscription is known until it ends, by its own end or with all others", async () => {
  const events = made();
  const stops: string[] = [];
  const starting = (name: string) => ({ name, start: () => ({ stop: async () => void stops.push(name) }) });
  const endFirst = events.subscribe(starting("first"));
  events.subscribe(starting("second"));
  stage.sink().error(new RekeyError("invalidation-unavailable"));
  expect(stage.told).toHaveLength(1);
  expect(events.subscriptions.map(({ name }) => name)).toEqual(["source", "first", "second"]);
  await endFirst();
  expect(events.subscriptions.map(({ name }) => name)).toEqual(["source", "second"]);
  await events.stop();
  expect([stops, events.subscriptions]).toEqual([["first", "second"], []]);
});
