import { metrics } from "@opentelemetry/api";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { InvalidationSink, InvalidationSource } from "../../../shared/client/invalidation/invalidation-source.ts";
import { timerSource } from "../../../shared/client/invalidation/polling-source.ts";
import { createSecretClient, type SecretClient } from "../../../shared/client/secret-client.ts";
import { RekeyError } from "../../../shared/errors/rekey-error.ts";
import { type ManualClock, manualClock } from "../../../shared/testing/manual-clock.ts";
import { type MemorySecrets, memorySecrets } from "../../../shared/testing/memory-secrets.ts";
import { agentStage } from "../../support/agent-stage.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";
import { rotated, secretArn } from "./message-forms.ts";

printFieldCases();

const isolated = "one bad input ends or blocks the service";
let clock: ManualClock;
let secrets: MemorySecrets;
let client: SecretClient;
let sink: InvalidationSink;
const failed = vi.fn<(event: { readonly error: RekeyError; readonly secretId?: string }) => void>();

const good: InvalidationSource = {
  name: "good",
  tellsWhenHeard: true,
  start(given) {
    sink = given;
    return { stop: async () => undefined };
  },
};

beforeEach(async () => {
  clock = manualClock();
  secrets = memorySecrets({ [secretArn]: "one" });
  client = createSecretClient({ source: secrets, clock, spreadMs: 0, ttlMs: 3_600_000 });
  onTestFinished(async () => client.close());
  failed.mockClear();
  client.on("error", failed);
  await client.get(secretArn);
});

/** A rotation is heard through the good source, whatever the others do. */
async function stillWorks(): Promise<void> {
  const versionId = secrets.put(secretArn, "two");
  await sink.notice({ secretArn, versionId });
  await clock.advance(1_000);
  expect((await client.get(secretArn)).versionId).toBe(versionId);
}

const broken: Readonly<Record<string, () => unknown>> = {
  "whose start throws": () => {
    throw new Error("canary");
  },
  "whose start throws what is no error": () => {
    const thrown: unknown = "canary";
    throw thrown;
  },
  "whose start rejects": async () => Promise.reject(new Error("canary")),
  "whose start returns nothing": () => undefined,
  "whose subscription cannot be stopped": () => ({ stop: "canary" }),
};

test.each(Object.entries(broken))("a source %s is reported and shown, and ends no other one", (_how, start) =>
  fieldCase(isolated, async () => {
    const stop = client.subscribe({ name: "broken", start: start as InvalidationSource["start"] });
    client.subscribe(good);
    await vi.waitUntil(() => failed.mock.calls.length > 0, { timeout: 60_000 });
    expect(client.health().subscriptions).toMatchObject([
      { name: "broken", code: "invalidation-unavailable", failures: 1 },
      { name: "good", code: undefined, failures: 0 },
    ]);
    expect(JSON.stringify([failed.mock.calls, client.health()])).not.toContain("canary");
    await stillWorks();
    await stop();
    expect(client.health().subscriptions).toHaveLength(1);
  })(),
);

test(
  "a source that starts late, by a promise, is heard and stopped",
  fieldCase(isolated, async () => {
    const stopped = vi.fn<() => Promise<void>>(async () => undefined);
    const start = async (given: InvalidationSink): Promise<object> => {
      sink = given;
      return { stop: stopped };
    };
    const stop = client.subscribe({ start: start as never });
    await stillWorks();
    await stop();
    expect(stopped).toHaveBeenCalledTimes(1);
  }),
);

test.each<[string, () => Promise<void>]>([
  [
    "throws",
    () => {
      throw new Error("canary");
    },
  ],
  ["rejects", async () => Promise.reject(new Error("canary"))],
])("a stop that %s is reported, and the subscription is over", (_how, stop) =>
  fieldCase(isolated, async () => {
    const end = client.subscribe({ name: "clinging", start: () => ({ stop }) });
    await end();
    expect(failed).toHaveBeenCalledWith({
      error: expect.objectContaining({ context: { source: "clinging", operation: "stop", reason: "Error" } }),
    });
    expect(client.health().subscriptions).toEqual([]);
  })(),
);

test(
  "a stop that never settles ends in time, and is reported",
  fieldCase(isolated, async () => {
    const end = client.subscribe({
      name: "clinging",
      start: () => ({ stop: async () => new Promise(() => undefined) }),
    });
    const ended = end();
    await clock.advance(3_000);
    await ended;
    expect(failed).toHaveBeenCalledWith({
      error: expect.objectContaining({
        context: { source: "clinging", operation: "stop", reason: "time-budget-spent" },
      }),
    });
  }),
);

test(
  "a subscription that is over is not listened to any more",
  fieldCase(isolated, async () => {
    const end = client.subscribe(good);
    await end();
    const { versionId } = await client.get(secretArn);
    secrets.put(secretArn, "two");
    sink.gap();
    sink.heard?.();
    sink.ignored?.("not-json");
    await sink.notice({ secretArn, versionId: "another" });
    sink.error(new RekeyError("invalidation-unavailable"));
    expect((await client.get(secretArn)).versionId).toBe(versionId);
    expect(failed).not.toHaveBeenCalled();
  }),
);

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["no secret", { versionId: "v" }],
  ["a secret that is no text", { secretArn: 7, versionId: "v" }],
  ["no version", { secretArn }],
  ["a version that is an object", { secretArn, versionId: { toString: null } }],
  ["a time that is none", { secretArn, versionId: "v", atMs: "soon" }],
])("a notice of %s harms nobody", (_what, notice) =>
  fieldCase(isolated, async () => {
    client.subscribe(good);
    expect(() => sink.notice(notice as never)).not.toThrow();
    await clock.advance(5_000);
    await stillWorks();
  })(),
);

test(
  "an error that is none of rekey's is translated, and its words are not told",
  fieldCase(isolated, async () => {
    client.subscribe(good);
    for (const error of [new TypeError("canary"), "canary", undefined, { code: "canary" }]) sink.error(error as never);
    expect(failed).toHaveBeenCalledTimes(4);
    expect(failed.mock.calls.map(([{ error }]) => error.code)).toEqual(Array(4).fill("invalidation-unavailable"));
    expect(JSON.stringify([failed.mock.calls, client.health()])).not.toContain("canary");
  }),
);

test(
  "health() tells what fails, since when, and when a source was last heard",
  fieldCase("it stops silently", async () => {
    client.subscribe(good);
    expect(client.health().subscriptions).toEqual([
      {
        name: "good",
        code: undefined,
        reason: undefined,
        failures: 0,
        lastHeardAgeMs: undefined,
        notices: 0,
        ignored: {},
      },
    ]);
    sink.heard?.();
    await clock.advance(1_000);
    for (const reason of ["ECONNREFUSED", "ETIMEDOUT"])
      sink.error(new RekeyError("invalidation-unavailable", { context: { reason } }));
    // Another key's notice does not make a source work of which a part fails.
    await sink.notice({ secretArn, versionId: "v" });
    expect(client.health().subscriptions).toMatchObject([
      { code: "invalidation-unavailable", reason: "ETIMEDOUT", failures: 2, lastHeardAgeMs: 1_000, notices: 1 },
    ]);
    sink.heard?.();
    expect(client.health().subscriptions).toMatchObject([{ code: undefined, failures: 0, lastHeardAgeMs: 0 }]);
    expect(() => structuredClone(client.health())).not.toThrow();
  }),
);

test(
  "a refused message is counted and reported once a minute, and the subscription does not fail by it",
  fieldCase("it stops silently", async () => {
    client.subscribe(good);
    const unverified = (problem: string): RekeyError => new RekeyError("event-unverified", { context: { problem } });
    for (let count = 0; count < 100; count++) sink.error(unverified("no signature"));
    sink.error(unverified("too old"));
    expect(failed).toHaveBeenCalledTimes(2);
    expect(client.health().subscriptions).toMatchObject([{ code: undefined, ignored: { unverified: 101 } }]);
    await clock.advance(60_000);
    sink.error(unverified("no signature"));
    expect(failed).toHaveBeenCalledTimes(3);
  }),
);

test.each([0, -5, Number.NaN])("a timer of %d ms is refused, not run without a pause", (intervalMs) =>
  fieldCase(isolated, async () => {
    expect(() => timerSource({ intervalMs })).toThrow("option-invalid");
  })(),
);

test(
  "a timer of a century waits, and does not run without a pause",
  fieldCase(isolated, async () => {
    const gap = vi.fn<() => void>();
    const timer = timerSource({ intervalMs: 3e12 }).start({ notice: () => undefined, gap, error: () => undefined });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await timer.stop();
    expect(gap).not.toHaveBeenCalled();
  }),
);

test(
  "the agent's metrics page tells of subscriptions that fail, of notices, and of messages that are none",
  fieldCase("agent and sources", async () => {
    onTestFinished(() => metrics.disable());
    await using stage = await agentStage();
    stage.client.subscribe(good);
    expect(await stage.metric("rekey_client_subscriptions")).toBe(1);
    expect(await stage.metric("rekey_client_subscriptions_failing")).toBe(0);
    sink.error(new RekeyError("invalidation-unavailable"));
    await sink.notice({ secretArn, versionId: String(rotated("v")["id"]) });
    sink.error(new RekeyError("invalidation-unavailable"));
    sink.ignored?.("not-json");
    expect(await stage.metric("rekey_client_subscriptions_failing")).toBe(1);
    expect(await stage.metric("rekey_client_notices_total")).toBe(1);
    expect(await stage.metric("rekey_client_notices_unrecognized_total")).toBe(1);
  }),
);
