import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FakeConnection } from "../../../tests/support/fake-pools.ts";
import { type GenerationsStage, generationsStage, poolLogin } from "../../../tests/support/generations-stage.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { Acknowledge } from "./rotating-options.ts";
import type { RotatingGenerations } from "./rotating-generations.ts";
import { settled } from "../../../tests/support/settled.ts";

let stage: GenerationsStage;
let client: GenerationsStage["client"];
let pools: GenerationsStage["pools"];
let generations: RotatingGenerations<FakeConnection>;

const start = (...how: Parameters<GenerationsStage["start"]>): unknown => (generations = stage.start(...how));

beforeEach(() => {
  stage = generationsStage();
  ({ client, pools } = stage);
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  await stage.stop();
});

describe("the one limit of all credentials", () => {
  test("counts the newest credential's connections, too", async () => {
    start({}, { limit: () => 3 });
    await generations.connect();
    await client.rotate("a", poolLogin("two"));
    const [first] = [await generations.connect(), await generations.connect()];
    const waiting = generations.connect();
    await turn();
    expect([generations.waiting, pools.asked]).toEqual([1, ["one", "two", "two"]]);
    first.release();
    expect((await waiting).password).toBe("two");
  });

  test("has room again when a connection was not given", async () => {
    const broken = new Error("broken");
    const given = Promise.withResolvers<void>();
    start({}, { limit: () => 2 });
    await generations.connect();
    await client.rotate("a", poolLogin("two"));
    pools.answering = given.promise;
    const failing = settled(generations.connect());
    await turn();
    const waiting = generations.connect();
    await turn();
    expect(generations.waiting).toBe(1);
    pools.answering = Promise.resolve();
    given.reject(broken);
    expect(await failing).toBe(broken);
    expect((await waiting).password).toBe("two");
  });

  test("is the server's, too: what it has no room for is asked for again while the credential before is in use", async () => {
    const full = new Error("too many connections");
    start({}, { isLimit: (error) => error === full });
    const old = await generations.connect();
    await client.rotate("a", poolLogin("two"));
    pools.failWith(full);
    const connecting = generations.connect();
    await vi.waitUntil(() => pools.asked.length === 4);
    pools.answering = Promise.resolve();
    expect((await connecting).password).toBe("two");
    old.release();
  });

  test("gives a caller that waited the credential that is newest by then", async () => {
    start({}, { limit: () => 1 });
    const old = await generations.connect();
    await client.rotate("a", poolLogin("two"));
    const waiting = generations.connect();
    await turn();
    await client.rotate("a", poolLogin("three"));
    old.release();
    expect([(await waiting).password, pools.asked]).toEqual(["three", ["one", "three"]]);
  });

  test("holds nobody back from the end: who waits is told that the pool is closed", async () => {
    start({}, { limit: () => 1 });
    const old = await generations.connect();
    await client.rotate("a", poolLogin("two"));
    const waiting = settled(generations.connect());
    await turn();
    const ending = generations.end();
    expect(await waiting).toMatchObject({ code: "pool-closed", context: { secret: "a" } });
    old.release();
    await ending;
    expect(pools.asked).toEqual(["one"]);
  });
});

describe("the search for a credential", () => {
  test("is one for all callers, and its error is everybody's", async () => {
    const get = vi.spyOn(client, "get");
    start({ secretId: "missing" });
    const both = await Promise.all([settled(generations.connect()), settled(generations.connect())]);
    expect(both).toMatchObject([{ code: "secret-not-found" }, { code: "secret-not-found" }]);
    expect(get).toHaveBeenCalledTimes(1);
  });

  test("says which of the two did not answer, the secret's source or the server, to everybody who waits", async () => {
    const late = new Error("late");
    start({}, { connectTimeoutMs: 1, lateError: () => late });
    vi.spyOn(client, "get").mockReturnValue(new Promise(() => undefined));
    const readers = await Promise.all([settled(generations.connect()), settled(generations.connect())]);
    expect(readers).toMatchObject([{ code: "time-budget-spent" }, { code: "time-budget-spent" }]);
    vi.restoreAllMocks();
    const given = Promise.withResolvers<void>();
    pools.answering = given.promise;
    expect(await Promise.all([settled(generations.connect()), settled(generations.connect())])).toEqual([late, late]);
    given.resolve();
    await turn();
  });

  test("goes on with whoever waits, once the time of the caller that began it is over", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    start({}, { connectTimeoutMs: 1_000 });
    vi.spyOn(client, "get").mockReturnValueOnce(new Promise(() => undefined));
    const first = settled(generations.connect());
    await vi.advanceTimersByTimeAsync(500);
    const second = generations.connect();
    await vi.advanceTimersByTimeAsync(500);
    expect(await first).toMatchObject({ code: "time-budget-spent" });
    expect((await second).password).toBe("one");
  });

  test("ends with the pool, and makes no login of what is read after that", async () => {
    const read = Promise.withResolvers<Awaited<ReturnType<typeof client.get>>>();
    const version = await client.get("a");
    start();
    const get = vi.spyOn(client, "get").mockReturnValueOnce(read.promise);
    const connecting = settled(generations.connect());
    await turn();
    await generations.end();
    read.resolve(version);
    expect(await connecting).toMatchObject({ code: "pool-closed" });
    expect(await settled(generations.connect())).toMatchObject({ code: "pool-closed" });
    expect([generations.versionId, get.mock.calls.length]).toEqual([undefined, 1]);
  });

  test("that finds no credential says so where the driver does not say why", async () => {
    start({}, { isRefusal: () => true });
    pools.failWith(new Error("canary"));
    expect(await settled(generations.connect())).toMatchObject({
      code: "credential-refused",
      context: { secret: "a" },
    });
  });

  test("makes one pool of a version that an event also named", async () => {
    start();
    await generations.connect().then((connection) => connection.release());
    client.secrets.put("a", poolLogin("two"));
    pools.wrong.add("one");
    expect((await generations.connect()).password).toBe("two");
    await turn();
    expect(pools.ended).toEqual(["one"]);
  });

  test("reads the secret once for the first connection", async () => {
    const get = vi.spyOn(client, "get");
    start();
    await generations.connect();
    expect(get).toHaveBeenCalledTimes(1);
  });
});

describe("a credential", () => {
  test.each([
    ["says why", new RekeyError("secret-malformed", { context: { problem: "no host" } }), "no host"],
    ["does not say why", new Error("canary"), "not taken by the driver"],
  ])("that the driver does not take and %s", async (_, error, problem) => {
    start(
      {},
      {
        open() {
          throw error;
        },
      },
    );
    expect(await settled(generations.connect())).toMatchObject({ code: "secret-malformed", context: { problem } });
  });

  test("that is of no use is reported once, however often it is named", async () => {
    let named: Parameters<typeof client.on<"rotated">>[1] = () => undefined;
    vi.spyOn(client, "on").mockImplementation((_event, listener) => {
      named = listener;
      return () => undefined;
    });
    start();
    vi.restoreAllMocks();
    const heard: unknown[] = [];
    client.on("error", (failure) => heard.push(failure));
    client.secrets.put("a", "text");
    const version = await client.refresh("a");
    named({ secretId: "a", version, previousVersionId: "" });
    named({ secretId: "a", version, previousVersionId: "" });
    expect(heard).toHaveLength(1);
  });

  test("from AWSPENDING is acknowledged once it is AWSCURRENT", async () => {
    const acknowledge = vi.fn<Acknowledge>(async () => undefined);
    start({ acknowledge });
    pools.wrong.add("one");
    const versionId = client.secrets.putPending("a", poolLogin("two"));
    await generations.connect();
    expect(acknowledge).not.toHaveBeenCalled();
    client.secrets.promote("a");
    await client.refresh("a");
    await turn();
    expect(acknowledge.mock.calls).toEqual([[{ secretId: "a", versionId }]]);
  });

  test("is not proven by a connection of the one before", async () => {
    const acknowledge = vi.fn<Acknowledge>(async () => undefined);
    const given = Promise.withResolvers<void>();
    start({ acknowledge });
    await client.get("a");
    pools.answering = given.promise;
    const connecting = generations.connect();
    await turn();
    await client.rotate("a", poolLogin("two"));
    given.resolve();
    (await connecting).release();
    await turn();
    expect([pools.ended, acknowledge.mock.calls]).toEqual([["one"], []]);
  });

  test("that is drained in time leaves no timer, and warns of a listener that fails by its event's name", async () => {
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    start();
    generations.onDrained(
      vi.fn<() => void>().mockImplementationOnce(() => {
        throw new Error("canary");
      }),
    );
    const old = await generations.connect();
    const before = vi.getTimerCount();
    await client.rotate("a", poolLogin("two"));
    old.release();
    await turn();
    await turn();
    expect(vi.getTimerCount()).toBe(before);
    expect(warned.mock.calls).toMatchObject([[expect.stringContaining('"drained"'), {}]]);
  });
});
