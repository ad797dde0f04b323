// A turn: the ticks in which the driver looks for room again.
import { setImmediate as turn } from "node:timers/promises";
import type mysql from "mysql2";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { insides } from "./pool-insides.ts";
import { type Stage, startStage, until } from "../../../../tests/support/mysql-pool-stage.ts";

let stage: Stage;

beforeEach(async () => {
  stage = await startStage();
});
afterEach(async () => stage[Symbol.asyncDispose]());

interface Waiting {
  readonly connecting: Promise<mysql.PoolConnection>;
}

/** Whoever asks while the pool has no connection to give. */
async function waits(credential: ReturnType<Stage["open"]>): Promise<Waiting> {
  const before = stage.waiting;
  const connecting = credential.connect();
  connecting.catch(() => undefined);
  await until(() => stage.waiting === before + 1);
  return { connecting };
}

describe("whoever waits while all connections of a replaced credential are in use", () => {
  /** The newest credential of a pool whose only connection is the replaced one's. */
  async function replacedInUse(): Promise<ReturnType<Stage["open"]>> {
    await stage.make({ connectionLimit: 1 });
    await stage.open("one").connect();
    return stage.open("two");
  }

  test("is given one more after a second, and the next one when it is released", async () => {
    const credential = await replacedInUse();
    const first = await waits(credential);
    const second = await waits(credential);
    vi.advanceTimersByTime(999);
    await turn();
    expect(stage.waiting).toBe(2);
    vi.advanceTimersByTime(1);
    const given = await first.connecting;
    expect(stage.server.sessions.map(({ isClosed }) => isClosed)).toEqual([false, false]);
    vi.advanceTimersByTime(5_000);
    await turn();
    expect(stage.waiting).toBe(1);
    given.release();
    expect(await second.connecting).toBe(given);
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("is given one more where it came long after the rotation, and nobody waited before", async () => {
    const credential = await replacedInUse();
    vi.advanceTimersByTime(5_000);
    const { connecting } = await waits(credential);
    await turn();
    expect(stage.waiting).toBe(1);
    vi.advanceTimersByTime(1_000);
    await connecting;
  });

  test("is given one more a second after the rotation, where it came in between", async () => {
    const credential = await replacedInUse();
    vi.advanceTimersByTime(500);
    const { connecting } = await waits(credential);
    vi.advanceTimersByTime(500);
    await connecting;
    expect(stage.server.sessions).toHaveLength(2);
  });

  test("is given one more within a second of the rotation, where it waited before", async () => {
    await stage.make({ connectionLimit: 1 });
    const before = stage.open("one");
    await before.connect();
    const { connecting } = await waits(before);
    vi.advanceTimersByTime(1_500);
    await turn();
    expect(stage.waiting).toBe(1);
    stage.open("two");
    vi.advanceTimersByTime(500);
    await connecting;
    expect(stage.server.sessions[1]?.isOf("two")).toBe(true);
  });

  test("is given the place of one that is destroyed, at once", async () => {
    await stage.make({ connectionLimit: 1 });
    const held = await stage.open("one").connect();
    const waiting = await waits(stage.open("two"));
    held.destroy();
    expect(await waiting.connecting).not.toBe(held);
  });
});

test("whoever waits is given no connection of a replaced credential that is released", async () => {
  await stage.make({ connectionLimit: 1 });
  const held = await stage.open("one").connect();
  const { connecting } = await waits(stage.open("two"));
  held.release();
  expect(await connecting).not.toBe(held);
  expect(stage.server.sessions.map(({ isOf, hasQuit }) => [isOf("two"), hasQuit])).toEqual([
    [false, true],
    [true, false],
  ]);
});

describe("whoever waits goes on waiting", () => {
  test("while one of the newest credential is in use", async () => {
    await stage.make({ connectionLimit: 2 });
    await stage.open("one").connect();
    const credential = stage.open("two");
    const held = await credential.connect();
    const waiting = await waits(credential);
    vi.advanceTimersByTime(5_000);
    await turn();
    expect(stage.waiting).toBe(1);
    held.release();
    expect(await waiting.connecting).toBe(held);
  });

  test("while one is in use that the pool had before any credential", async () => {
    let held: mysql.PoolConnection | undefined;
    await stage.make({ connectionLimit: 2, user: "before" }, async (pool) => {
      held = await new Promise((resolve) => {
        pool.getConnection((_, connection) => resolve(connection));
      });
    });
    await stage.open("one").connect();
    const waiting = await waits(stage.open("two"));
    vi.advanceTimersByTime(5_000);
    await turn();
    expect(stage.waiting).toBe(1);
    held?.release();
    expect(await waiting.connecting).toBe(held);
    held?.release();
    held?.destroy();
  });
});

describe("what closes at a rotation and has not yet closed", () => {
  const settings = [
    { name: "a pool that lets nobody wait", more: { waitForConnections: false }, error: "No connections available." },
    { name: "a pool whose queue is full", more: { queueLimit: 1 }, error: "Queue limit reached." },
  ];
  /** What stands in the settings that the pool was made with. */
  const queueing = (): object => {
    const { waitForConnections, queueLimit } = insides(stage.pool).config;
    return { waitForConnections, queueLimit };
  };

  test.each(settings)("makes $name wait for its place", async ({ more }) => {
    await stage.make({ connectionLimit: 1, ...more });
    const set = queueing();
    (await stage.open("one").connect()).release();
    stage.server.closes = false;
    const credential = stage.open("two");
    const first = await waits(credential);
    const second = await waits(credential);
    expect(queueing()).toEqual(set);
    stage.server.sessions[0]?.socket.end();
    (await first.connecting).release();
    await second.connecting;
    expect(stage.server.sessions).toHaveLength(2);
  });

  test.each(settings)("is all that $name waits for", async ({ more, error }) => {
    await stage.make({ connectionLimit: 1, ...more });
    const credential = stage.open("one");
    await credential.connect();
    if ("queueLimit" in more) await waits(credential);
    await expect(credential.connect()).rejects.toThrow(error);
  });
});
