import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RekeyError } from "../errors/rekey-error.ts";
import { SecretValue } from "../secrets/secret-value.ts";
import { type ManualClock, manualClock } from "../testing/manual-clock.ts";
import { type MemorySecrets, memorySecrets } from "../testing/memory-secrets.ts";
import type { SecretClientOptions } from "./client-options.ts";
import { requestBudget } from "./cache/request-budget.ts";
import { createSecretClient, type SecretClient, type VersionChoice } from "./secret-client.ts";
import type { SourceAnswer } from "./sources/secret-source.ts";
import type { StandardSchema } from "./standard-schema.ts";
import { settled } from "../../tests/support/settled.ts";

let clock: ManualClock;
let secrets: MemorySecrets;
let client: SecretClient;

const start = (options: Partial<SecretClientOptions> = {}): SecretClient => {
  const budget = requestBudget({ requestsPerSecond: 1e-9, burst: 1_000, whenSpent: "wait" }, clock);
  client = createSecretClient({
    source: secrets,
    clock,
    budget,
    ttlMs: 10_000,
    random: () => 0,
    background: true,
    ...options,
  });
  return client;
};
const schemaOf = (validate: (value: unknown) => unknown): StandardSchema => ({
  "~standard": { version: 1, vendor: "test", validate: validate as StandardSchema["~standard"]["validate"] },
});

beforeEach(() => {
  clock = manualClock();
  secrets = memorySecrets({ a: "one", b: { port: 1 }, c: "three" });
});
afterEach(async () => client.close());

describe("which version is read", () => {
  test.each([null, {}, { stage: "" }, { stage: 7 }, { versionId: "" }, { versionId: 7 }])(
    "a choice of nothing is refused: %o",
    async (choice) => {
      const refusal = {
        code: "option-invalid",
        context: { option: "choice", problem: "neither a stage nor a versionId" },
      };
      expect(await settled(start().get("a", choice as VersionChoice))).toMatchObject(refusal);
      expect(() => client.peek("a", choice as VersionChoice)).toThrow(expect.objectContaining(refusal));
    },
  );

  test("AWSCURRENT is the same secret whether it is named or not", async () => {
    const version = await start().get("a", { stage: "AWSCURRENT" });
    expect([await client.get("a"), client.peek("a", { stage: "AWSCURRENT" })]).toEqual([version, version]);
    expect([secrets.requests, client.health().secrets]).toEqual([1, 1]);
  });

  test("AWSPENDING is read as it is now, and never kept", async () => {
    start();
    expect(await client.pending("a")).toBeUndefined();
    const first = secrets.putPending("a", "two");
    expect((await client.pending("a"))?.versionId).toBe(first);
    const second = secrets.putPending("a", "three");
    expect((await client.pending("a"))?.versionId).toBe(second);
    expect([secrets.requests, client.health().secrets]).toEqual([3, 0]);
    expect(await settled(client.pending(""))).toMatchObject({
      code: "option-invalid",
      context: { option: "secretId" },
    });
    expect(await settled(client.pending("missing"))).toMatchObject({ code: "secret-not-found" });
  });

  test("what is no answer is none for AWSPENDING either", async () => {
    start({ source: { read: async () => ({ versionId: "" }) as SourceAnswer } });
    expect(await settled(client.pending("a"))).toMatchObject({ code: "source-malformed", context: { secret: "a" } });
  });

  test("an id that is none rejects, and leaves nothing behind", async () => {
    start();
    for (const read of [client.get(""), client.json(""), client.refresh(""), client.prefetch(["a", ""])])
      expect(await settled(read)).toMatchObject({ code: "option-invalid", context: { option: "secretId" } });
    expect(() => client.handle("")).toThrow("option=secretId");
    expect(client.peek("")).toBeUndefined();
    expect(secrets.requests).toBe(0);
  });
});

describe("how long a value is quiet", () => {
  test.each([
    [true, 0, 7_000],
    [true, 0.25, 7_500],
    [false, 0, 8_000],
    [false, 0.25, 8_500],
  ])("with background work: %s, by the random number %d: %i ms of its TTL", async (background, random, freshMs) => {
    start({ background, random: () => random });
    await client.get("a");
    clock.freeze(freshMs - 1);
    await client.get("a");
    await clock.advance(0);
    expect(secrets.requests).toBe(1);
    clock.freeze(1);
    await client.get("a");
    await clock.advance(0);
    expect(secrets.requests).toBe(2);
  });

  test("is the same for a peek and for JSON", async () => {
    start();
    await client.json("b");
    clock.freeze(7_000);
    client.peek("b");
    await clock.advance(0);
    expect(secrets.requests).toBe(2);
    clock.freeze(7_000);
    await client.json("b");
    await clock.advance(0);
    expect(secrets.requests).toBe(3);
  });

  test("a prefetch leaves it alone until then, and asks for each secret once", async () => {
    start();
    await client.prefetch(["a", "a", "b"]);
    expect([secrets.requests, client.health().secrets]).toEqual([1, 2]);
    clock.freeze(6_999);
    await client.prefetch(["a"]);
    expect(secrets.requests).toBe(1);
    clock.freeze(1);
    await client.prefetch(["a"]);
    expect(secrets.requests).toBe(2);
  });
});

describe("JSON", () => {
  test("is parsed again for a new version, also while the one before is being parsed", async () => {
    start();
    let validated = 0;
    const waiting = Promise.withResolvers<{ readonly value: unknown }>();
    const schema = schemaOf(async (value) => (++validated === 1 ? waiting.promise : { value }));
    const first = client.json("b", schema);
    await clock.advance(0);
    secrets.put("b", { port: 2 });
    await client.refresh("b");
    expect(await client.json("b", schema)).toEqual({ port: 2 });
    waiting.resolve({ value: "of the first" });
    expect(await first).toBe("of the first");
    expect(await client.json("b", schema)).toEqual({ port: 2 });
    expect(validated).toBe(2);
  });

  test("is asked for again when its value is due", async () => {
    start();
    expect(await client.json("b")).toEqual({ port: 1 });
    secrets.put("b", { port: 2 });
    clock.freeze(20_000);
    expect(await client.json("b")).toEqual({ port: 2 });
  });

  test("that a validator refused is validated again", async () => {
    start();
    const validate = vi.fn<(value: unknown) => unknown>((value) => ({ value }));
    validate.mockImplementationOnce(() => ({ issues: [] }));
    const schema = schemaOf(validate);
    expect(await settled(client.json("b", schema))).toMatchObject({
      code: "secret-malformed",
      context: { secret: "b" },
    });
    expect(await client.json("b", schema)).toEqual({ port: 1 });
    expect(validate).toHaveBeenCalledTimes(2);
  });

  test("whose validator takes longer than a request may is malformed", async () => {
    start({ requestTimeoutMs: 3_000 });
    const reading = settled(
      client.json(
        "b",
        schemaOf(async () => new Promise(() => undefined)),
      ),
    );
    await clock.advance(3_000);
    expect(await reading).toMatchObject({ code: "secret-malformed", context: { problem: "the schema failed" } });
  });

  test("is a use of the secret, by its id and by its handle", async () => {
    start({ maxSecrets: 2 });
    const handle = client.handle("b");
    await handle.json();
    await client.get("a");
    await client.json("b");
    await client.get("c");
    expect([client.peek("a"), client.peek("b") === undefined]).toEqual([undefined, false]);
    await client.get("c");
    await handle.json();
    await client.get("a");
    expect([client.peek("c"), client.peek("b") === undefined]).toEqual([undefined, false]);
  });
});

describe("a secret's use", () => {
  test.each(["get", "peek"] as const)("is each %s, by its id and by its handle", async (way) => {
    start({ maxSecrets: 2 });
    const handle = client.handle("a");
    await handle.get();
    await client.get("b");
    await client[way]("a");
    await client.get("c");
    expect([client.peek("b"), client.peek("a") === undefined]).toEqual([undefined, false]);
    await client.get("c");
    await handle[way]();
    await client.get("b");
    expect([client.peek("c"), client.peek("a") === undefined]).toEqual([undefined, false]);
  });

  test("by a handle is of the stage that it was made for", async () => {
    start();
    const handle = client.handle("a", { stage: "AWSPREVIOUS" });
    secrets.put("a", "two");
    expect((await handle.get()).value.reveal()).toBe("one");
    expect(handle.peek()?.value.reveal()).toBe("one");
    expect((await client.refresh("a", { stage: "AWSPREVIOUS" })).value.reveal()).toBe("one");
  });
});

test("health counts what is held, what it costs, and how old the oldest value is", async () => {
  start();
  expect(client.health()).toEqual({
    secrets: 0,
    bytes: 0,
    subscriptions: [],
    requestsLeft: 1_000,
    oldestAgeMs: 0,
    failing: [],
  });
  await client.get("a");
  clock.freeze(50);
  await client.get("c");
  await settled(client.get("missing"));
  clock.freeze(10);
  const bytes = 3 * 300 + 2 * "acmissing".length + "onethree".length;
  expect(client.health()).toMatchObject({ secrets: 3, bytes, requestsLeft: 997, oldestAgeMs: 60 });
  expect(client.health().failing).toEqual([
    { secretId: "missing", code: "secret-not-found", failures: 1, ageMs: undefined },
  ]);
});

test("what follows a secret reports its failures to the client's listeners, until the client is closed", async () => {
  start();
  const heard = vi.fn<(event: object) => void>();
  client.on("error", heard);
  const error = new RekeyError("secret-malformed");
  client.report({ secretId: "a", error });
  await client.close();
  client.report({ error });
  expect(heard.mock.calls).toEqual([[{ secretId: "a", error }]]);
});

describe("a client that is closed", () => {
  test("gives up what is under way, ends its subscriptions, and keeps nothing that is asked for later", async () => {
    const signals: AbortSignal[] = [];
    start({
      source: {
        read: async (_id, _at, { signal }) => {
          signals.push(signal);
          return new Promise(() => undefined);
        },
      },
    });
    const stop = vi.fn<() => Promise<void>>(async () => undefined);
    client.subscribe({ start: () => ({ stop }) });
    const waiting = settled(client.get("a"));
    await clock.advance(0);
    await client.close();
    expect(await waiting).toMatchObject({ code: "pool-closed" });
    expect([signals.map(({ aborted }) => aborted), stop.mock.calls.length]).toEqual([[true], 1]);
    await settled(client.get("b"));
    expect(client.health()).toMatchObject({ secrets: 0, subscriptions: [] });
  });

  test.each([
    ["at the end of its block", async () => client[Symbol.asyncDispose]()],
    ["at the end of a synchronous block", async () => client[Symbol.dispose]()],
  ])("%s serves nothing any more", async (_, dispose) => {
    start();
    await client.get("a");
    await dispose();
    expect(client.peek("a")).toBeUndefined();
  });
});

test("a request is taken over once it is ten times as old as one may become", async () => {
  const answers: ((answer: SourceAnswer) => void)[] = [];
  start({ requestTimeoutMs: 3_000, source: { read: async () => new Promise((resolve) => answers.push(resolve)) } });
  const reads = [client.get("a")];
  await clock.advance(0);
  clock.freeze(29_999);
  reads.push(client.get("a"));
  expect(answers).toHaveLength(1);
  clock.freeze(1);
  reads.push(client.get("a"));
  await clock.advance(0);
  expect(answers).toHaveLength(2);
  for (const answered of answers) answered({ versionId: "v1", value: new SecretValue("one") });
  expect(new Set((await Promise.all(reads)).map(({ versionId }) => versionId))).toEqual(new Set(["v1"]));
});
