import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FakeConnection } from "../../../tests/support/fake-pools.ts";
import { type GenerationsStage, generationsStage, poolLogin } from "../../../tests/support/generations-stage.ts";
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
afterEach(async () => stage.stop());

describe("a connection", () => {
  test("takes the credential that the client has, by one pool for all", async () => {
    start();
    expect(generations.versionId).toBeUndefined();
    const passwords = await Promise.all([1, 2, 3].map(async () => (await generations.connect()).password));
    expect(passwords).toEqual(["one", "one", "one"]);
    expect(generations).toMatchObject({
      versionId: (await client.get("a")).versionId,
      refusedLogins: 0,
      waiting: 0,
    });
  });

  test("takes the newest credential after a rotation, also one that nobody was told of", async () => {
    start();
    await generations.connect();
    await client.rotate("a", poolLogin("two"));
    expect((await generations.connect()).password).toBe("two");
    client.secrets.put("a", poolLogin("three"));
    client.invalidate("a");
    await generations.connect();
    await turn();
    expect((await generations.connect()).password).toBe("three");
  });

  test("is made with AWSCURRENT as it is now, where the one that is known is refused", async () => {
    start();
    await generations.connect();
    client.secrets.put("a", poolLogin("two"));
    pools.wrong.add("one");
    const [first, second] = await Promise.all([generations.connect(), generations.connect()]);
    expect([first.password, second.password]).toEqual(["two", "two"]);
    expect(generations.refusedLogins).toBe(2);
  });

  test("is made with AWSPENDING where AWSCURRENT is refused, and each credential is offered once", async () => {
    start();
    pools.wrong.add("one");
    const pending = client.secrets.putPending("a", poolLogin("two"));
    expect((await generations.connect()).password).toBe("two");
    expect([pools.asked, generations.versionId]).toEqual([["one", "two"], pending]);
  });

  test("fails when every credential is refused, with what the last refusal means, and finds a later one", async () => {
    start();
    pools.wrong.add("one");
    expect(await settled(generations.connect())).toMatchObject({
      code: "credential-refused",
      context: { secret: "a", sqlstate: "28P01" },
      hint: "one",
    });
    client.secrets.put("a", poolLogin("two"));
    expect((await generations.connect()).password).toBe("two");
  });

  test("fails with the driver's error where that is no refusal, and the credential stays", async () => {
    const broken = new Error("broken");
    start();
    const { versionId } = await client.get("a");
    pools.failWith(broken);
    expect(await settled(generations.connect())).toBe(broken);
    pools.answering = Promise.resolve();
    expect((await generations.connect()).password).toBe("one");
    expect([generations.versionId, generations.refusedLogins]).toEqual([versionId, 0]);
  });

  test("fails with what is known of an error that is no refusal", async () => {
    start({}, { isRefusal: () => false });
    pools.wrong.add("one");
    expect(await settled(generations.connect())).toMatchObject({
      code: "credential-refused",
      context: { secret: "a" },
    });
  });

  test.each([
    ["is no login", "text", "secret-malformed", undefined],
    ["the driver does not take", poolLogin("impossible"), "secret-malformed", "EINVAL"],
  ])("fails where the secret's value %s", async (_, value, code, reason) => {
    client.secrets.put("a", value);
    start();
    expect(await settled(generations.connect())).toMatchObject({
      code,
      context: reason === undefined ? {} : { reason },
    });
  });

  test("fails with the client's error where there is no secret", async () => {
    start({ secretId: "missing" });
    expect(await settled(generations.connect())).toMatchObject({ code: "secret-not-found" });
  });

  test("ends in time while the secret is not read", async () => {
    vi.spyOn(client, "get").mockReturnValue(new Promise(() => undefined));
    start({}, { connectTimeoutMs: 1 });
    expect(await settled(generations.connect())).toMatchObject({
      code: "time-budget-spent",
      context: { secret: "a", operation: "read the secret", timeoutMs: 1 },
    });
  });

  test("that comes too late is released", async () => {
    const late = new Error("late");
    const given = Promise.withResolvers<void>();
    start({}, { connectTimeoutMs: 1, lateError: () => late });
    await client.get("a");
    pools.answering = given.promise;
    expect(await settled(generations.connect())).toBe(late);
    given.resolve();
    await turn();
    expect([pools.asked, pools.open.size]).toEqual([["one"], 0]);
  });
});

describe("a replaced credential", () => {
  test("is done when its last connection is released, and listeners are called", async () => {
    start();
    const drained = vi.fn<(versionId: string) => void>();
    generations.onDrained(drained);
    const { versionId } = await client.get("a");
    const old = await generations.connect();
    await client.rotate("a", poolLogin("two"));
    await turn();
    expect([pools.ended, drained.mock.calls]).toEqual([[], []]);
    old.release();
    await turn();
    expect([pools.ended, drained.mock.calls, pools.destroyed]).toEqual([["one"], [[versionId]], []]);
  });

  test("is not ended while a connection of it is asked for", async () => {
    const given = Promise.withResolvers<void>();
    start();
    await client.get("a");
    pools.answering = given.promise;
    const connecting = generations.connect();
    await turn();
    await client.rotate("a", poolLogin("two"));
    await turn();
    expect(pools.ended).toEqual([]);
    given.resolve();
    (await connecting).release();
    await turn();
    expect(pools.ended).toEqual(["one"]);
  });

  test.each([
    ["release", []],
    ["destroy", ["one"]],
  ] as const)("is left to its users for the drain's time, and then: %s", async (afterDrainTimeout, cut) => {
    start({ drainTimeoutMs: 1, afterDrainTimeout });
    await generations.connect();
    await client.rotate("a", poolLogin("two"));
    await generations.end();
    expect(pools.destroyed).toEqual(cut);
  });

  test("leaves the limit to all: a connection waits for one of it to close", async () => {
    start({}, { limit: () => 2 });
    const [first] = [await generations.connect(), await generations.connect()];
    await client.rotate("a", poolLogin("two"));
    const waiting = generations.connect();
    await turn();
    expect([generations.waiting, pools.asked]).toEqual([1, ["one", "one"]]);
    first.release();
    expect((await waiting).password).toBe("two");
    expect(generations.waiting).toBe(0);
  });
});

describe("a rotation", () => {
  test("to a value that is of no use is reported once, and the credential before stays in use", async () => {
    start();
    await generations.connect();
    const heard: unknown[] = [];
    client.on("error", (failure) => heard.push(failure));
    const { versionId } = generations;
    const unusable = await client.rotate("a", "text");
    expect((await client.get("a")).versionId).toBe(unusable);
    expect(heard).toMatchObject([{ secretId: "a", error: { code: "secret-malformed" } }]);
    expect((await generations.connect()).password).toBe("one");
    expect(generations.versionId).toBe(versionId);
  });

  test("of another secret changes nothing", async () => {
    client.secrets.put("b", poolLogin("other"));
    start();
    await generations.connect();
    const { versionId } = generations;
    await client.get("b");
    await client.rotate("b", poolLogin("another"));
    expect([generations.versionId, (await generations.connect()).password]).toEqual([versionId, "one"]);
  });

  test("is acknowledged once the new credential is proven and no older one is in use", async () => {
    const acknowledge = vi.fn<Acknowledge>(async () => undefined);
    start({ acknowledge });
    const old = await generations.connect();
    const first = generations.versionId ?? "";
    expect(acknowledge.mock.calls).toEqual([[{ secretId: "a", versionId: first }]]);
    const next = await client.rotate("a", poolLogin("two"));
    const used = await generations.connect();
    expect(acknowledge).toHaveBeenCalledTimes(1);
    old.release();
    await turn();
    expect(acknowledge).toHaveBeenLastCalledWith({ secretId: "a", versionId: next });
    used.release();
    const unproven = await client.rotate("a", poolLogin("three"));
    await turn();
    expect(acknowledge).toHaveBeenCalledTimes(2);
    await generations.connect();
    expect(acknowledge).toHaveBeenLastCalledWith({ secretId: "a", versionId: unproven });
  });
});

test("the end waits for what is in use, once, and nothing is given after it", async () => {
  start();
  const connection = await generations.connect();
  const over = vi.fn<() => void>();
  const ending = generations.end();
  void ending.then(over);
  await turn();
  expect(over).not.toHaveBeenCalled();
  expect(await settled(generations.connect())).toMatchObject({ code: "pool-closed", context: { secret: "a" } });
  connection.release();
  await Promise.all([ending, generations.end()]);
  await client.rotate("a", poolLogin("two"));
  expect([pools.ended, generations.waiting]).toEqual([["one"], 0]);
});
