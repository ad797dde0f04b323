import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { InvalidationSink } from "../../../shared/client/invalidation/invalidation-source.ts";
import { noticeInMessage } from "../../../shared/client/invalidation/notice-in-message.ts";
import { redisSource } from "../../../shared/client/invalidation/redis-source.ts";
import { createSecretClient, type SecretClient } from "../../../shared/client/secret-client.ts";
import { type ManualClock, manualClock } from "../../../shared/testing/manual-clock.ts";
import { type MemorySecrets, memorySecrets } from "../../../shared/testing/memory-secrets.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";
import { asBody, inSns, others, recognized, rotated, secretArn, unrecognized } from "./message-forms.ts";
import { soon, sqsStage } from "./sqs-stage.ts";

printFieldCases();

const kind = "agent and sources";
let clock: ManualClock;
let secrets: MemorySecrets;
let client: SecretClient;
let errors: { code: string; context: object }[];
let hear: (message: unknown) => void;

beforeEach(async () => {
  clock = manualClock();
  secrets = memorySecrets({ [secretArn]: "one" });
  client = createSecretClient({ source: secrets, clock, spreadMs: 0, ttlMs: 3_600_000 });
  onTestFinished(async () => client.close());
  errors = [];
  client.on("error", ({ error: { code, context } }) => errors.push({ code, context }));
  await client.get(secretArn);
  let listener = (_message: string): void => undefined;
  const redis = {
    subscribe: async (_channel: string, given: (message: string) => void) => void (listener = given),
    unsubscribe: async () => undefined,
    on: () => undefined,
    off: () => undefined,
  };
  client.subscribe(redisSource({ redis, channel: "rekey" }));
  hear = (message) => listener(asBody(message));
});

const ignored = (): object | undefined => client.health().subscriptions[0]?.ignored;

describe("a rotation is heard in whatever form it comes", () => {
  test.each(Object.entries(recognized))("%s", (_form, make) =>
    fieldCase(kind, async () => {
      const versionId = secrets.put(secretArn, "two");
      hear(make(versionId));
      expect((await client.get(secretArn)).versionId).toBe(versionId);
      expect(client.health().subscriptions).toMatchObject([{ notices: 1, ignored: {} }]);
      expect(errors).toEqual([]);
    })(),
  );

  test(
    "the same by SQS: a batch whose other entries are not understood, counted and reported",
    { timeout: 60_000 },
    fieldCase(kind, async () => {
      const stage = await sqsStage();
      const versionId = await stage.rotate("silently");
      const detail = { secretArn: stage.secretArn, versionId };
      await stage.send(JSON.stringify([{ canary: 1 }, inSns({ "detail-type": "Secret Rotated", detail }), "canary"]));
      await expect.poll(stage.held, soon).toBe(versionId);
      await expect
        .poll(() => stage.subscription(), soon)
        .toMatchObject({ notices: 1, ignored: { "not-a-rotation": 1, "not-json": 1 }, code: undefined });
      expect(stage.errors.map(({ context }) => context["reason"])).toEqual(["not-a-rotation", "not-json"]);
    }),
  );
});

describe("what is no rotation is counted and reported, by its reason and without its content", () => {
  test.each(Object.entries(unrecognized))("%s", (_form, [message, reason]) =>
    fieldCase(kind, async () => {
      secrets.put(secretArn, "two");
      hear(message);
      await clock.advance(5_000);
      expect(noticeInMessage(asBody(message))).toBeUndefined();
      expect(client.health().subscriptions).toMatchObject([{ notices: 0, ignored: { [reason]: 1 }, code: undefined }]);
      expect(errors).toEqual([{ code: "event-unrecognized", context: { source: "redis rekey", reason, count: 1 } }]);
      expect(JSON.stringify(errors)).not.toContain("canary");
      expect(secrets.requests).toBe(1);
    })(),
  );

  test(
    "more than a hundred events in one message: the first hundred are heard, and the rest is told of",
    fieldCase(kind, async () => {
      hear(Array.from({ length: 300 }, () => rotated(randomUUID())));
      await expect
        .poll(() => client.health().subscriptions, soon)
        .toMatchObject([{ notices: 100, ignored: { "too-many": 1 } }]);
    }),
  );
});

describe("an event of rekey or Secrets Manager that makes no version current is counted, and no mistake", () => {
  const folder = new URL("../../../events/examples/", import.meta.url);
  const examples = readdirSync(folder)
    .filter((name) => !name.startsWith("secret-rotated."))
    .map((name): [string, unknown] => [name, JSON.parse(readFileSync(new URL(name, folder), "utf8"))]);

  test.each([...Object.entries(others), ...examples])("%s", (_form, message) =>
    fieldCase(kind, async () => {
      hear(message);
      await clock.advance(5_000);
      expect(ignored()).toEqual({ "another-event": 1 });
      expect(client.health().subscriptions).toMatchObject([{ notices: 0 }]);
      expect([errors, secrets.requests]).toEqual([[], 1]);
    })(),
  );

  test.each(examples)("its detail alone is taken for no rotation: %s", (_name, message) =>
    fieldCase(kind, async () => {
      hear((message as { readonly detail: unknown }).detail);
      expect(ignored()).toEqual({ "not-a-rotation": 1 });
    })(),
  );
});

test(
  "a flood of junk: one report a minute for each reason, a handful of counters, and a true notice behind it is heard",
  fieldCase(kind, async () => {
    for (let count = 0; count < 20_000; count++) hear(count % 2 === 0 ? `junk ${count}` : { junk: count });
    const versionId = secrets.put(secretArn, "two");
    hear(rotated(versionId));
    expect((await client.get(secretArn)).versionId).toBe(versionId);
    expect(errors.map(({ context }) => context)).toEqual([
      { source: "redis rekey", reason: "not-json", count: 1 },
      { source: "redis rekey", reason: "not-a-rotation", count: 1 },
    ]);
    expect(ignored()).toEqual({ "not-json": 10_000, "not-a-rotation": 10_000 });
    await clock.advance(60_000);
    hear("junk");
    expect(errors[2]?.context).toEqual({ source: "redis rekey", reason: "not-json", count: 10_000 });
  }),
);

test(
  "a source of one's own that invents reasons makes neither counters nor reports without end",
  fieldCase(kind, async () => {
    let sink: InvalidationSink | undefined;
    client.subscribe({
      name: "mine",
      start(given) {
        sink = given;
        return { stop: async () => undefined };
      },
    });
    for (let count = 0; count < 1_000; count++) sink?.ignored?.(`reason ${count}` as "not-json");
    expect(client.health().subscriptions[1]).toMatchObject({ name: "mine", ignored: { "not-a-rotation": 1_000 } });
    expect(errors).toHaveLength(1);
  }),
);
