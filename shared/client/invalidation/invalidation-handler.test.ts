import { EventEmitter } from "node:events";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RekeyError } from "../../errors/rekey-error.ts";
import { type ManualClock, manualClock } from "../../testing/manual-clock.ts";
import { type MemorySecrets, memorySecrets } from "../../testing/memory-secrets.ts";
import type { InvalidationSink, InvalidationSource } from "./invalidation-source.ts";
import { pollingSource, timerSource } from "./polling-source.ts";
import { redisSource } from "./redis-source.ts";
import { requestBudget } from "../cache/request-budget.ts";
import { createSecretClient, type SecretClient } from "../secret-client.ts";
import type { SecretSource } from "../sources/secret-source.ts";

const arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/orders-AbCdEf";
let clock: ManualClock;
let secrets: MemorySecrets;
let client: SecretClient;
let sink: InvalidationSink;
const stop = vi.fn<() => Promise<void>>(async () => undefined);
const source: InvalidationSource = {
  start(given) {
    sink = given;
    return { stop };
  },
};

beforeEach(() => {
  clock = manualClock();
  secrets = memorySecrets({ [arn]: "one" });
  const budget = requestBudget({ requestsPerSecond: 1_000, burst: 1_000, whenSpent: "wait" }, clock);
  client = createSecretClient({ source: secrets, clock, budget, background: true, spreadMs: 1_000 });
  client.subscribe(source);
  stop.mockClear();
});
afterEach(async () => client.close());

test("a notice has the secret asked for within the spread, and the old version is not served meanwhile", async () => {
  const rotated = vi.fn<(event: object) => void>();
  client.on("rotated", rotated);
  const { versionId: before } = await client.get(arn);
  const versionId = secrets.put(arn, "two");
  await sink.notice({ secretArn: arn, versionId, atMs: Date.now() });
  expect(client.peek(arn)).toBeUndefined();
  await clock.advance(1_000);
  expect(client.peek(arn)?.versionId).toBe(versionId);
  expect(secrets.requests).toBe(2);
  expect(rotated).toHaveBeenCalledWith(expect.objectContaining({ secretId: arn, previousVersionId: before }));
  await sink.notice({ secretArn: arn, versionId, atMs: Date.now() });
  await clock.advance(1_000);
  expect(secrets.requests).toBe(2);
});

test("within the lag budget an older value is not served, and after it the source is believed", async () => {
  const { versionId } = await client.get(arn);
  await sink.notice({ secretArn: arn, versionId: "not-there-yet", atMs: Date.now() });
  let served: string | undefined;
  const reading = client.get(arn).then((version) => (served = version.versionId));
  await clock.advance(3_900);
  expect([served, client.peek(arn)]).toEqual([undefined, undefined]);
  await clock.advance(100);
  expect(await reading).toBe(versionId);
  expect(client.peek(arn)?.versionId).toBe(versionId);
});

test("a replica that lags for longer than the lag budget does not make a client forget the event", async () => {
  const replica: SecretSource = {
    read: async (...call) => {
      const answer = await secrets.read(...call);
      return answer && { ...answer, fromReplica: true };
    },
  };
  const second = createSecretClient({ source: replica, clock, background: true, ttlMs: 3_600_000 });
  second.subscribe(source);
  await second.get(arn);
  const announced = secrets.putPending(arn, "two");
  await sink.notice({ secretArn: arn, versionId: announced, atMs: Date.now() });
  await clock.advance(10_000);
  expect(second.peek(arn)?.value.reveal()).toBe("one");
  secrets.promote(arn);
  await clock.advance(30_000);
  expect(second.peek(arn)?.versionId).toBe(announced);
  await second.close();
});

test("a replica that shows an older version than was read is not believed, and what was read is served", async () => {
  const { versionId: older } = await client.get(arn);
  const newer = secrets.put(arn, "two");
  await client.refresh(arn);
  const [before, after] = [secrets.read.bind(secrets), { versionId: older }];
  secrets.read = async (id, _at, call) => {
    const answer = await before(id, after, call);
    return answer && { ...answer, fromReplica: true };
  };
  const refreshing = client.refresh(arn).catch((error: unknown) => error);
  await clock.advance(5_000);
  expect(await refreshing).toMatchObject({
    code: "version-not-visible",
    disposition: "retry",
    context: { secret: arn, version: newer },
  });
  expect((await client.get(arn)).versionId).toBe(newer);
});

test("while the replaced credential still works it is served until the instance's turn", async () => {
  await client.get(arn);
  const versionId = secrets.put(arn, "two");
  await sink.notice({ secretArn: arn, versionId, atMs: Date.now(), replacedStillWorks: true });
  expect((await client.get(arn)).value.reveal()).toBe("one");
  clock.freeze(1_001);
  expect((await client.get(arn)).value.reveal()).toBe("two");
});

test("while it works, a secret that nobody reads is still asked for within the spread, by every instance", async () => {
  const instances = Array.from({ length: 20 }, () =>
    createSecretClient({ source: secrets, clock, background: true, spreadMs: 1_000 }),
  );
  for (const instance of instances) {
    instance.subscribe(source);
    await instance.get(arn);
    const versionId = secrets.put(arn, "another");
    await sink.notice({ secretArn: arn, versionId, atMs: Date.now(), replacedStillWorks: true });
    await clock.advance(1_000);
    expect(instance.peek(arn)?.versionId).toBe(versionId);
    await instance.close();
  }
});

test("a late event about an earlier version changes nothing, and one about a label that was moved back does", async () => {
  const madeAtMs = Date.now() - 3_600_000;
  const older = (await client.get(arn)).versionId;
  const newer = secrets.put(arn, "two");
  await client.refresh(arn);
  await sink.notice({ secretArn: arn, versionId: older, atMs: 1 });
  expect((await client.get(arn)).versionId).toBe(newer);
  secrets.moveBack(arn);
  await sink.notice({ secretArn: arn, versionId: older, atMs: madeAtMs });
  expect((await client.get(arn)).versionId).toBe(older);
  expect(client.peek(arn)?.versionId).toBe(older);
});

test("after a gap everything is asked for anew, and a pinned version is not", async () => {
  const { versionId } = await client.get(arn);
  await client.get(arn, { versionId });
  secrets.put(arn, "two");
  sink.gap();
  expect((await client.get(arn)).value.reveal()).toBe("two");
  expect(client.peek(arn, { versionId })?.value.reveal()).toBe("one");
});

test("a subscription's failure is told, and close ends it", async () => {
  const failed = vi.fn<(event: object) => void>();
  client.on("error", failed);
  const error = new RekeyError("invalidation-unavailable");
  sink.error(error);
  expect(failed).toHaveBeenCalledWith({ error });
  expect(client.health().subscriptions).toMatchObject([{ code: error.code, failures: 1 }]);
  await client.close();
  expect(stop).toHaveBeenCalledTimes(1);
});

test("a polling source tells of the gap once it is connected again", async () => {
  const calls: string[] = [];
  let polls = 0;
  const polling = pollingSource("test", async (_sink, connected, signal) => {
    polls++;
    if (polls === 2) throw new Error("cut");
    connected();
    if (polls > 3) await new Promise((resolve) => signal.addEventListener("abort", resolve));
  }).start({
    notice: () => undefined,
    gap: () => void calls.push("gap"),
    error: ({ code }) => void calls.push(code),
  });
  await vi.waitUntil(() => polls > 3, { timeout: 60_000 });
  await polling.stop();
  expect(calls).toEqual(["invalidation-unavailable", "gap"]);
});

test("a timer has everything asked for anew, again and again", async () => {
  const gap = vi.fn<() => void>();
  const timer = timerSource({ intervalMs: 1 }).start({ notice: () => undefined, gap, error: () => undefined });
  await expect.poll(() => gap.mock.calls.length).toBeGreaterThan(2);
  await timer.stop();
});

test("Redis: a message is a notice, a reconnection is a gap, and nothing is left behind", async () => {
  const redis = new (class extends EventEmitter {
    listener: ((message: string) => void) | undefined;
    async subscribe(_channel: string, listener: (message: string) => void): Promise<void> {
      this.listener = listener;
    }
    async unsubscribe(): Promise<void> {
      this.listener = undefined;
    }
  })();
  const heard: unknown[] = [];
  const subscription = redisSource({ redis, channel: "rotated" }).start({
    notice: (notice) => void heard.push(notice.versionId),
    gap: () => void heard.push("gap"),
    error: ({ code }) => void heard.push(code),
  });
  redis.listener?.(JSON.stringify({ "detail-type": "Secret Rotated", detail: { secretArn: arn, versionId: "v2" } }));
  redis.listener?.("no notice");
  redis.emit("error");
  await vi.waitUntil(() => redis.listenerCount("ready") > 0, { timeout: 60_000 });
  redis.emit("ready");
  expect(heard).toEqual(["v2", "invalidation-unavailable", "gap"]);
  await subscription.stop();
  expect([redis.listenerCount("ready"), redis.listenerCount("error"), redis.listener]).toEqual([0, 0, undefined]);
});
