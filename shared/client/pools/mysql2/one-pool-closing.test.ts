import { once } from "node:events";
import type { Socket } from "node:net";
import type mysql from "mysql2";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Stage, startStage, until } from "../../../../tests/support/mysql-pool-stage.ts";

let stage: Stage;

beforeEach(async () => {
  stage = await startStage();
  await stage.make();
});
afterEach(async () => stage[Symbol.asyncDispose]());

const streamOf = (connection: mysql.PoolConnection): Socket => Reflect.get(connection, "stream") as Socket;
const query = async (connection: mysql.PoolConnection): Promise<unknown> => connection.promise().query("SELECT 1");

async function connections(credential: ReturnType<Stage["open"]>, count: number): Promise<mysql.PoolConnection[]> {
  return Promise.all(Array.from({ length: count }, async () => credential.connect()));
}

describe("connections of a replaced credential", () => {
  test("are closed at once where they are idle, with a goodbye, and count until the server has closed them", async () => {
    const before = stage.open("one");
    const timers = vi.getTimerCount();
    for (const connection of await connections(before, 3)) connection.release();
    stage.open("two");
    expect([before.open, before.idle]).toEqual([3, 0]);
    await before.end();
    expect([before.open, stage.changed.mock.calls.length]).toEqual([0, 3]);
    await until(() => vi.getTimerCount() === timers);
    expect(stage.server.sessions.map(({ hasQuit }) => hasQuit)).toEqual([true, true, true]);
  });

  test("are closed at their release where they are in use, and only they are", async () => {
    const before = stage.open("one");
    const [first, second] = await connections(before, 2);
    const after = stage.open("two");
    const kept = await after.connect();
    kept.release();
    const ended = vi.fn<() => void>();
    const ending = before.end().then(ended);
    await query(first as mysql.PoolConnection);
    first?.release();
    await until(() => before.open === 1);
    await query(second as mysql.PoolConnection);
    expect(ended).not.toHaveBeenCalled();
    second?.release();
    await ending;
    expect(stage.server.sessions.map(({ hasQuit }) => hasQuit)).toEqual([true, true, false]);
    expect(await after.connect()).toBe(kept);
  });

  test("are over at once where there are none", async () => {
    const before = stage.open("one");
    stage.open("two");
    await before.end();
    expect(stage.changed).not.toHaveBeenCalled();
  });

  test("are closed where the credential had none for a while, too", async () => {
    const before = stage.open("one");
    (await before.connect()).destroy();
    expect(before.open).toBe(0);
    (await before.connect()).release();
    stage.open("two");
    await until(() => before.open === 0);
    expect(stage.server.sessions[1]?.hasQuit).toBe(true);
  });

  test("are closed where their reset at the release ends after the rotation", async () => {
    await stage.make({ resetOnRelease: true });
    const before = stage.open("one");
    const connection = await before.connect();
    connection.release();
    await until(() => before.idle === 1);
    expect(await before.connect()).toBe(connection);
    stage.server.stayQuiet();
    connection.release();
    stage.open("two");
    expect(before.open).toBe(1);
    stage.server.speak();
    await before.end();
    expect(stage.server.sessions.map(({ hasQuit }) => hasQuit)).toEqual([true]);
  });
});

describe("a connection that the server does not close", () => {
  /** One of the replaced credential, after its goodbye, and whoever waits for its place. */
  async function leftOpen() {
    await stage.make({ connectionLimit: 1 });
    const before = stage.open("one");
    const connection = await before.connect();
    connection.release();
    stage.server.closes = false;
    const waiting = stage.open("two").connect();
    await until(() => stage.server.sessions[0]?.hasQuit === true);
    return { before, stream: streamOf(connection), waiting };
  }

  test("is cut after a second, and its place is free", async () => {
    const { before, stream, waiting } = await leftOpen();
    vi.advanceTimersByTime(999);
    expect([before.open, stream.destroyed]).toEqual([1, false]);
    vi.advanceTimersByTime(1);
    expect([before.open, stream.destroyed]).toEqual([0, true]);
    await waiting;
    expect(stage.changed).toHaveBeenCalledTimes(1);
  });

  test("leaves its place at once where it breaks without an end, as over TLS", async () => {
    const { before, stream, waiting } = await leftOpen();
    stream.destroy();
    await waiting;
    expect(before.open).toBe(0);
  });
});

describe("after the end of the pool", () => {
  async function ended(): Promise<{ held: mysql.PoolConnection; credential: ReturnType<Stage["open"]> }> {
    const credential = stage.open("one");
    const held = await credential.connect();
    stage.one.end();
    return { held, credential };
  }

  test("nobody is given a connection, and nothing is left of those who waited", async () => {
    await stage.make({ connectionLimit: 1 });
    const credential = stage.open("one");
    await credential.connect();
    const waiting = credential.connect();
    await until(() => stage.waiting === 1);
    expect(vi.getTimerCount()).toBe(1);
    stage.one.end();
    await expect(waiting).rejects.toThrow("Pool is closed.");
    await expect(credential.connect()).rejects.toThrow("Pool is closed.");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("what is in use works on, and is closed at its release", async () => {
    const { held, credential } = await ended();
    await query(held);
    expect(stage.server.sessions[0]?.hasQuit).toBe(false);
    stage.server.closes = false;
    held.release();
    held.release();
    await until(() => stage.server.sessions[0]?.hasQuit === true);
    expect(credential.open).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(credential.open).toBe(0);
    await credential.end();
  });

  test.each<[string, (connection: mysql.PoolConnection) => void]>([
    ["destroyed", (connection) => connection.destroy()],
    ["cut by the server", () => stage.server.sessions[0]?.socket.destroy()],
    ["broken", (connection) => streamOf(connection).destroy()],
  ])("what is in use and %s counts no longer", async (_, lose) => {
    const { held, credential } = await ended();
    lose(held);
    await until(() => credential.open === 0);
    expect(stage.changed).toHaveBeenCalledTimes(1);
  });

  test("what is being made is closed", async () => {
    const credential = stage.open("one");
    stage.server.stayQuiet();
    const making = credential.connect().catch((error: unknown) => error);
    stage.one.end();
    stage.server.speak();
    expect(await making).toEqual(new Error("Pool is closed."));
    await until(() => stage.server.sessions[0]?.hasQuit === true);
  });
});

test("an error of a connection that has left the pool ends nothing", async () => {
  const credential = stage.open("one");
  const connection = await credential.connect();
  const closed = once(streamOf(connection), "close");
  connection.destroy();
  await closed;
  for (const number of [1, 2]) expect(() => connection.emit("error", new Error(`canary ${number}`))).not.toThrow();
  expect(stage.changed).toHaveBeenCalledTimes(1);
});
