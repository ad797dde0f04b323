import { beforeEach, expect, test, vi } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { type ManualClock, manualClock } from "../../testing/manual-clock.ts";
import type { InvalidationSink, InvalidationSource, InvalidationSubscription } from "./invalidation-source.ts";
import { createSubscription, type Subscription, type SubscriptionOptions } from "./subscription.ts";

let clock: ManualClock;
let sink: Required<InvalidationSink>;
const heard = {
  notice: vi.fn<SubscriptionOptions["notice"]>(),
  gap: vi.fn<SubscriptionOptions["gap"]>(),
  report: vi.fn<SubscriptionOptions["report"]>(),
  ignored: vi.fn<SubscriptionOptions["ignored"]>(),
};
const notice = { secretArn: "a", versionId: "v1" };
const cut = new RekeyError("invalidation-unavailable", { context: { reason: "ECONNRESET" } });

const startedWith = (
  start: (given: InvalidationSink) => unknown,
  more: Partial<InvalidationSource> = {},
): Subscription =>
  createSubscription(
    { ...more, start: start as (given: InvalidationSink) => InvalidationSubscription },
    { clock, stopTimeoutMs: 3_000, ...heard },
  );
const started = (more: Partial<InvalidationSource> = {}, stop = async (): Promise<void> => undefined): Subscription =>
  startedWith((given) => {
    sink = given as Required<InvalidationSink>;
    return { stop };
  }, more);
const problems = (): unknown[] => heard.report.mock.calls.map(([{ error }]) => error);

beforeEach(() => {
  clock = manualClock();
  for (const listener of Object.values(heard)) listener.mockReset();
});

test("a notice and a gap are passed on, and show that the source works", () => {
  const { health } = started({ name: "queue" });
  expect(health(clock.nowMs())).toEqual({
    name: "queue",
    code: undefined,
    reason: undefined,
    failures: 0,
    lastHeardAgeMs: undefined,
    notices: 0,
    ignored: {},
  });
  for (const hear of [() => void sink.notice(notice), () => sink.gap()]) {
    sink.error(cut);
    expect(health(clock.nowMs())).toMatchObject({ code: "invalidation-unavailable", failures: 1 });
    hear();
    clock.freeze(5);
    expect(health(clock.nowMs())).toMatchObject({ code: undefined, failures: 0, lastHeardAgeMs: 5, notices: 1 });
  }
  expect([heard.notice.mock.calls, heard.gap.mock.calls]).toEqual([[[notice]], [[]]]);
});

test("a source that reports when it is heard works from then on only", () => {
  const { health } = started({ tellsWhenHeard: true });
  sink.error(cut);
  void sink.notice(notice);
  sink.gap();
  expect(health(clock.nowMs())).toMatchObject({ failures: 1, lastHeardAgeMs: undefined, notices: 1 });
  sink.heard();
  expect(health(clock.nowMs())).toMatchObject({ failures: 0, lastHeardAgeMs: 0 });
});

test.each([undefined, "", 7 as never])("a source without a name is called so: %o", (name) => {
  expect(started({ ...(name !== undefined && { name }) }).health(0).name).toBe("source");
});

test("failures are reported and counted, with the reason of the newest one and the secret that it is about", () => {
  const { health } = started({ name: "queue" });
  sink.error(cut, "a");
  expect(heard.report).toHaveBeenLastCalledWith({ secretId: "a", error: cut });
  expect(health(0)).toMatchObject({ code: "invalidation-unavailable", reason: "ECONNRESET", failures: 1 });
  const bare = new RekeyError("vault-sealed", { context: { reason: "" } });
  sink.error(bare);
  expect(heard.report.mock.lastCall).toStrictEqual([{ error: bare }]);
  expect(health(0)).toMatchObject({ code: "vault-sealed", reason: undefined, failures: 2 });
  sink.error(new TypeError("canary") as never);
  expect(problems().at(-1)).toMatchObject({
    code: "invalidation-unavailable",
    context: { source: "queue", reason: "TypeError" },
  });
});

test.each([undefined, {}, { secretArn: "a" }, { secretArn: "a", versionId: "" }, { secretArn: 1, versionId: "v" }])(
  "a notice without a secret or a version is ignored: %o",
  (given) => {
    const { health } = started({ name: "queue" });
    void sink.notice(given as never);
    expect(heard.notice).not.toHaveBeenCalled();
    expect(heard.ignored).toHaveBeenCalledWith("no-version");
    expect(health(0)).toMatchObject({ notices: 0, ignored: { "no-version": 1 }, failures: 0 });
    expect(problems()).toMatchObject([
      { code: "event-unrecognized", context: { source: "queue", reason: "no-version", count: 1 } },
    ]);
  },
);

test("messages that give no notice are counted by reason, and an unknown reason counts as no rotation", () => {
  const { health } = started();
  for (const reason of ["not-json", "not-json", "canary" as never, "another-event"] as const) sink.ignored(reason);
  expect(health(0).ignored).toEqual({ "not-json": 2, "not-a-rotation": 1, "another-event": 1 });
  expect(heard.ignored.mock.calls.flat()).toEqual(["not-json", "not-json", "not-a-rotation", "another-event"]);
});

test("of one reason is reported once a minute, with how many there were meanwhile, and of other events nothing", () => {
  started();
  const counts = (): unknown[] => heard.report.mock.calls.map(([{ error }]) => error.context["count"]);
  for (const reason of ["not-json", "not-json", "another-event", "too-large"] as const) sink.ignored(reason);
  expect(counts()).toEqual([1, 1]);
  clock.freeze(59_999);
  sink.ignored("not-json");
  expect(counts()).toEqual([1, 1]);
  clock.freeze(1);
  sink.ignored("not-json");
  sink.ignored("not-json");
  expect(counts()).toEqual([1, 1, 3]);
  clock.freeze(60_000);
  sink.ignored("not-json");
  expect(counts()).toEqual([1, 1, 3, 2]);
});

test("a message that is refused for its signature is no failure of the source, and each problem is reported", () => {
  const { health } = started();
  const refused = (problem: string): RekeyError => new RekeyError("event-unverified", { context: { problem } });
  const [first, second] = [refused("old"), refused("forged")];
  for (const error of [first, refused("old"), second]) sink.error(error);
  expect(problems()).toEqual([first, second]);
  expect(health(0)).toMatchObject({ failures: 0, code: undefined, ignored: { unverified: 3 } });
});

test("whoever chooses the problems makes no more than fifty of them reported apart", () => {
  started();
  const refuse = (problem: string): void => sink.error(new RekeyError("event-unverified", { context: { problem } }));
  for (let index = 0; index < 60; index++) refuse(`problem ${index}`);
  expect(problems()).toHaveLength(51);
  refuse("problem 49");
  expect(problems()).toHaveLength(51);
  clock.freeze(60_000);
  refuse("problem 49");
  refuse("problem 59");
  expect(problems()).toHaveLength(53);
});

test.each([
  ["throws", () => Promise.reject(new TypeError("canary")), "TypeError"],
  ["gives nothing", () => undefined, "TypeError"],
  ["gives no way to stop", () => ({ stop: "now" }), "TypeError"],
])("a source that %s is reported, and stops without more", async (_, start, reason) => {
  const failed = startedWith(start, { name: "queue" });
  await clock.advance(0);
  expect(problems()).toMatchObject([{ code: "invalidation-unavailable", context: { source: "queue", reason } }]);
  await failed.stop();
  expect(problems()).toHaveLength(1);
});

test("a source may start by a promise, and is stopped by its own method", async () => {
  const made = { stops: 0, stop: async () => void made.stops++ };
  const starting = startedWith(async () => Promise.resolve(made));
  await starting.stop();
  expect([made.stops, problems()]).toEqual([1, []]);
});

test("a source that is stopped is not listened to", async () => {
  const { health, stop } = started();
  await stop();
  void sink.notice(notice);
  sink.gap();
  sink.error(cut);
  sink.heard();
  sink.ignored("not-json");
  expect(Object.values(heard).map(({ mock }) => mock.calls.length)).toEqual([0, 0, 0, 0]);
  expect(health(0)).toMatchObject({ notices: 0, failures: 0, lastHeardAgeMs: undefined, ignored: {} });
});

test.each([
  ["with an error", new TypeError("canary"), "TypeError"],
  ["with an error of rekey", cut, "invalidation-unavailable"],
  ["with nothing", undefined, "unknown"],
])("a source that does not stop %s is reported", async (_, thrown, reason) => {
  await started({ name: "queue" }, async () => Promise.reject(thrown)).stop();
  expect(problems()).toMatchObject([
    { code: "invalidation-unavailable", context: { source: "queue", operation: "stop", reason } },
  ]);
});

test("a source that never stops is waited for as long as one may wait, and reported", async () => {
  const ended = vi.fn<() => void>();
  const stopping = started({}, async () => new Promise(() => undefined))
    .stop()
    .then(ended);
  await clock.advance(2_999);
  expect(ended).not.toHaveBeenCalled();
  await clock.advance(1);
  await stopping;
  expect(problems()).toMatchObject([{ context: { operation: "stop", reason: "time-budget-spent" } }]);
});
