import { inspect } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { z } from "zod";
import { RekeyError } from "../errors/rekey-error.ts";
import { type ManualClock, manualClock } from "../testing/manual-clock.ts";
import { type MemorySecrets, memorySecrets } from "../testing/memory-secrets.ts";
import type { SecretClientOptions } from "./client-options.ts";
import { requestBudget } from "./cache/request-budget.ts";
import { createSecretClient, type SecretClient } from "./secret-client.ts";

let clock: ManualClock;
let secrets: MemorySecrets;
let client: SecretClient;

const start = (options: Partial<SecretClientOptions> = {}): SecretClient => {
  client = createSecretClient({
    source: secrets,
    clock,
    ttlMs: 10_000,
    maxStaleMs: 100_000,
    budget: requestBudget({ requestsPerSecond: 1_000, burst: 1_000, whenSpent: "wait" }, clock),
    background: true,
    ...options,
  });
  return client;
};
const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "ok",
    (error: unknown) => Reflect.get(Object(error), "code"),
  );
const text = async (id = "a"): Promise<string> => (await client.get(id)).value.reveal();

beforeEach(() => {
  clock = manualClock();
  secrets = memorySecrets({ a: "one", b: { user: "u", port: 1 } });
});
afterEach(async () => client.close());

test("a thousand concurrent cold reads are one request", async () => {
  start();
  const read = await Promise.all(Array.from({ length: 1_000 }, async () => client.get("a")));
  expect(new Set(read).size).toBe(1);
  expect(secrets.requests).toBe(1);
});

test("a warm read asks for nothing; near the end of its time a read is served and refreshed beside it", async () => {
  start();
  await text();
  secrets.put("a", "two");
  clock.freeze(6_900);
  expect(await text()).toBe("one");
  expect(secrets.requests).toBe(1);
  clock.freeze(2_200);
  expect(await text()).toBe("one");
  await clock.advance(0);
  expect(secrets.requests).toBe(2);
  expect(await text()).toBe("two");
});

test("peek gives what get would give without waiting", async () => {
  start();
  expect(client.peek("a")).toBeUndefined();
  expect(secrets.requests).toBe(0);
  const version = await client.get("a");
  expect(client.peek("a")).toBe(version);
  clock.freeze(10_500);
  expect(client.peek("a")).toBe(version);
  await clock.advance(0);
  expect(secrets.requests).toBe(2);
});

test("a process that was frozen for long checks before it serves", async () => {
  start();
  await text();
  secrets.put("a", "two");
  clock.freeze(20_001);
  expect(client.peek("a")).toBeUndefined();
  expect(await text()).toBe("two");
});

test("without background work a value past its time is checked before it is served, and never beside a read", async () => {
  start({ background: false });
  await text();
  clock.freeze(7_900);
  expect(await text()).toBe("one");
  expect(secrets.requests).toBe(1);
  secrets.put("a", "two");
  clock.freeze(2_200);
  expect(await text()).toBe("two");
});

test.each([
  ["store-rejected", 1],
  ["store-throttled", 3],
  ["store-unavailable", 3],
] as const)("while the source says %s the stale value is served, within its bound", async (code, requestsMade) => {
  start();
  const stale = vi.fn<(event: { readonly ageMs: number }) => void>();
  client.on("stale", stale);
  await text();
  secrets.fail(new RekeyError(code));
  clock.freeze(15_000);
  const reads = Promise.all(Array.from({ length: 20 }, async () => text()));
  expect(await reads).toEqual(Array.from({ length: 20 }, () => "one"));
  await clock.advance(900);
  expect(secrets.requests).toBe(1 + requestsMade);
  expect(stale).toHaveBeenCalledTimes(1);
  expect(client.health().failing).toMatchObject([{ secretId: "a", code, failures: 1 }]);
  clock.freeze(95_000);
  expect(client.peek("a")).toBeUndefined();
  secrets.fail(new RekeyError("store-rejected"));
  expect(await codeOf(client.get("a"))).toBe("store-rejected");
  secrets.fail();
  await clock.advance(31_000);
  expect(await text()).toBe("one");
  expect(client.health().failing).toEqual([]);
});

test("while the source hangs, reads are served at once and each request ends by its own time-out", async () => {
  let hangs = false;
  let open = 0;
  start({
    source: {
      async read(secretId, at, call) {
        if (!hangs) return secrets.read(secretId, at, call);
        open++;
        return new Promise(() => call.signal.addEventListener("abort", () => open--));
      },
    },
  });
  await text();
  hangs = true;
  clock.freeze(12_000);
  expect(await text()).toBe("one");
  await clock.advance(2_900);
  expect(open).toBe(1);
  expect(await text()).toBe("one");
  await clock.advance(200);
  expect(open).toBe(0);
  expect(client.health().failing).toMatchObject([{ code: "time-budget-spent" }]);
  expect(await text()).toBe("one");
});

test("a source that heeds no signal and never answers is given up", async () => {
  start({ source: { read: async () => new Promise(() => undefined) } });
  const code = codeOf(client.get("a"));
  await clock.advance(3_000);
  expect(await code).toBe("time-budget-spent");
});

test("once access is denied the value is served for a grace only", async () => {
  start({ maxDeniedMs: 5_000 });
  await text();
  secrets.fail(new RekeyError("access-denied"));
  clock.freeze(11_000);
  expect(await text()).toBe("one");
  await clock.advance(4_900);
  expect(await text()).toBe("one");
  await clock.advance(200);
  expect(client.peek("a")).toBeUndefined();
  expect(await codeOf(client.get("a"))).toBe("access-denied");
});

test("a failure without a value is remembered for a while, with when to ask again", async () => {
  start();
  expect(await codeOf(client.get("missing"))).toBe("secret-not-found");
  const again = await client.get("missing").catch((error: unknown) => error);
  expect(again).toMatchObject({ code: "secret-not-found", retryAfterMs: expect.any(Number) });
  expect(secrets.requests).toBe(1);
  secrets.put("missing", "found");
  clock.freeze(500);
  expect(await text("missing")).toBe("found");
});

test("stages and pinned versions are kept apart, and a pinned version never expires", async () => {
  start();
  const first = (await client.get("a")).versionId;
  secrets.put("a", "two");
  const pending = secrets.putPending("a", "three");
  expect((await client.get("a", { stage: "AWSPREVIOUS" })).value.reveal()).toBe("one");
  expect((await client.get("a", { stage: "AWSPENDING" })).versionId).toBe(pending);
  expect((await client.get("a", { versionId: first })).value.reveal()).toBe("one");
  expect(await text()).toBe("one");
  client.invalidate("a");
  expect(await text()).toBe("two");
  const before = secrets.requests;
  clock.freeze(2 ** 32);
  expect(client.peek("a", { versionId: first })?.value.reveal()).toBe("one");
  expect(secrets.requests).toBe(before);
  expect(await codeOf(client.get("b", { stage: "AWSPENDING" }))).toBe("secret-not-found");
});

test("many secrets are read in requests of twenty, and what cannot be read is left to its get", async () => {
  for (let index = 0; index < 30; index++) secrets.put(`s${index}`, String(index));
  start();
  const ids = [...Array.from({ length: 30 }, (_, index) => `s${index}`), "missing"];
  const prefetching = client.prefetch(ids);
  expect(await text("s3")).toBe("3");
  await prefetching;
  expect(secrets.requests).toBe(2);
  expect(client.peek("s29")?.value.reveal()).toBe("29");
  expect(await codeOf(client.get("missing"))).toBe("secret-not-found");
  await client.prefetch(ids.slice(0, 30));
  expect(secrets.requests).toBe(2);
});

test("JSON is parsed once for each version, checked by the schema, frozen, and an error repeats no value", async () => {
  start();
  const validate = vi.fn<(value: unknown) => { value: { port: number } } | { issues: [] }>((value) => ({
    value: { port: Number(Reflect.get(Object(value), "port")) },
  }));
  const schema = { "~standard": { version: 1, vendor: "test", validate } } as const;
  const parsed = await client.json("b", schema);
  expect(parsed.port).toBe(1);
  expect(await client.json("b", schema)).toBe(parsed);
  expect(await client.handle("b").json(schema)).toBe(parsed);
  expect(validate).toHaveBeenCalledTimes(1);
  expect(await client.json("b")).toEqual({ user: "u", port: 1 });
  expect(Object.isFrozen(await client.json("b"))).toBe(true);
  secrets.put("b", { port: 2 });
  await client.refresh("b");
  expect((await client.json("b", schema)).port).toBe(2);
  const refuse = z.object({ port: z.number().refine((port) => port !== 2, "2 is not it") });
  const error = await client.json("b", refuse).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "secret-malformed", context: { field: "port" } });
  expect(inspect(error)).not.toContain("is not it");
  expect(await codeOf(client.json("a"))).toBe("secret-malformed");
});

test("a value that is nested deeper than the stack is malformed, like any other", async () => {
  secrets.put("a", "[".repeat(30_000) + "]".repeat(30_000));
  start();
  expect(await codeOf(client.json("a"))).toBe("secret-malformed");
});

test("beyond the count the secret unused for the longest time goes, and its handle reads it again", async () => {
  for (const id of ["c", "d"]) secrets.put(id, id);
  start({ maxSecrets: 3 });
  const handle = client.handle("a");
  await handle.get();
  await text("b");
  await text("c");
  client.peek("b");
  await text("d");
  expect([client.peek("a"), client.peek("b")].map((version) => version === undefined)).toEqual([true, false]);
  expect(client.health().secrets).toBe(3);
  expect((await handle.get()).value.reveal()).toBe("one");
  expect(client.peek("a")).toBeDefined();
});

test("beyond the bytes the oldest go, and a secret that is too long by itself is served and not kept", async () => {
  secrets.put("long", "x".repeat(3_000));
  start({ maxBytes: 2_000 });
  await text("a");
  await text("b");
  expect(await text("long")).toHaveLength(3_000);
  expect(client.health()).toMatchObject({ secrets: 0, bytes: 0 });
});

test("after close nothing is served, and who waits is told", async () => {
  start({ source: { read: async () => new Promise(() => undefined) } });
  const waiting = codeOf(client.get("a"));
  await client.close();
  expect(await waiting).toBe("pool-closed");
  expect(await codeOf(client.get("a"))).toBe("pool-closed");
  expect(await codeOf(client.pending("a"))).toBe("pool-closed");
  expect(client.peek("a")).toBeUndefined();
});

test("a source's foreign error leaves as a typed one without its message", async () => {
  start({ source: { read: async () => Promise.reject(new TypeError("password=hunter2")) } });
  const failing = client.get("a").catch((error: unknown) => error);
  await clock.advance(1_000);
  expect(await failing).toMatchObject({ code: "store-unavailable", context: { reason: "TypeError" } });
  expect(inspect(await failing)).not.toContain("hunter2");
});

test.each([{ ttlMs: -1 }, { maxSecrets: Number.NaN }])("an option that cannot be is refused: %o", (options) => {
  client = createSecretClient({ source: secrets });
  expect(() => createSecretClient({ source: secrets, ...options })).toThrow(/option-invalid/);
  expect(() => requestBudget({ requestsPerSecond: 0, burst: 1, whenSpent: "wait" })).toThrow(/option-invalid/);
});
