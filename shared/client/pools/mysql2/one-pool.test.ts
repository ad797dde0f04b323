import { inspect } from "node:util";
import type mysql from "mysql2";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { insides } from "./pool-insides.ts";
import { type Stage, startStage, until } from "../../../../tests/support/mysql-pool-stage.ts";

let stage: Stage;

beforeEach(async () => {
  stage = await startStage();
  await stage.make();
});
afterEach(async () => stage[Symbol.asyncDispose]());

describe("a login", () => {
  test("is the newest credential's", async () => {
    for (const [at, password] of ["one", "two", "three"].entries()) {
      await stage.open(password, { user: `u${at}`, database: `d${at}` }).connect();
      const session = stage.server.sessions[at];
      expect([session?.user, session?.database, session?.isOf(password)]).toEqual([`u${at}`, `d${at}`, true]);
    }
  });

  test("that the server refuses is the driver's error, and leaves nothing open", async () => {
    stage.server.wrong.add("one");
    const credential = stage.open("one");
    await expect(credential.connect()).rejects.toMatchObject({ errno: 1045, sqlState: "28000" });
    expect([credential.open, credential.idle]).toEqual([0, 0]);
  });

  test("does not show its password in what is printed of the pool", async () => {
    const connection = await stage.open("canary").connect();
    for (const { config } of [insides(stage.pool), connection]) {
      expect(inspect(config, { depth: 9 })).not.toContain("canary");
      expect(JSON.stringify({ ...config, connectionConfig: undefined, pool: undefined })).not.toContain("canary");
    }
  });

  test("may be changed by a service for one connection", async () => {
    const connection = await stage.open("one").connect();
    await expect(
      connection.promise().changeUser({ user: "other", password: "other", database: "d" }),
    ).resolves.toBeUndefined();
    expect(connection.config).toMatchObject({ user: "other" });
    expect(insides(stage.pool).config.connectionConfig.user).toBe("u");
  });

  test("is explained by whether it was encrypted", () => {
    const refused = Object.assign(new Error("canary"), { errno: 1045, sqlState: "28000" });
    expect(stage.open("one").explain(refused)).toMatchObject({ context: { reason: "not encrypted" } });
    expect(stage.open("one", { ssl: {} }).explain(refused)).toEqual({
      code: "credential-refused",
      context: { errno: 1045 },
    });
  });
});

describe("what a credential has", () => {
  test("is counted, and each change is told once", async () => {
    const credential = stage.open("one");
    const counts = (): number[] => [credential.open, credential.idle, stage.changed.mock.calls.length];
    expect(counts()).toEqual([0, 0, 0]);
    const [first, second] = [await credential.connect(), await credential.connect()];
    expect(counts()).toEqual([2, 0, 0]);
    first.release();
    expect(counts()).toEqual([2, 1, 0]);
    second.destroy();
    expect(counts()).toEqual([1, 1, 1]);
    await until(() => stage.server.sessions[1]?.isClosed === true);
    expect(counts()).toEqual([1, 1, 1]);
    expect(await credential.connect()).toBe(first);
  });

  test("is no longer idle for it once another one has taken its place", async () => {
    const [before, after] = [stage.open("one"), stage.open("two")];
    (await after.connect()).release();
    expect([before.open, before.idle, after.open, after.idle]).toEqual([0, 0, 1, 1]);
  });

  test("is destroyed with it, and nothing else is", async () => {
    const before = stage.open("one");
    const [first, second] = [await before.connect(), await before.connect()];
    const after = stage.open("two");
    await after.connect();
    before.destroy();
    expect([before.open, after.open]).toEqual([0, 1]);
    for (const connection of [first, second])
      await expect(connection.promise().query("SELECT 1")).rejects.toThrow("closed state");
    await until(() => stage.server.sessions.filter(({ isClosed }) => isClosed).length === 2);
    expect(stage.server.sessions[2]?.isClosed).toBe(false);
  });

  test("is lost when the server cuts it, and no error of it ends the process", async () => {
    const credential = stage.open("one");
    const connection = await credential.connect();
    stage.server.sessions[0]?.socket.destroy();
    await until(() => credential.open === 0);
    await until(() => Reflect.get(Reflect.get(connection, "stream") as object, "closed") === true);
    for (const _ of [1, 2]) expect(() => connection.query("SELECT 1")).not.toThrow();
    expect(stage.changed).toHaveBeenCalledTimes(1);
    await expect(credential.connect()).resolves.not.toBe(connection);
  });
});

describe("the pool's connections", () => {
  const connectionOf = async (pool: mysql.Pool): Promise<mysql.PoolConnection> =>
    new Promise((resolve, reject) => {
      pool.getConnection((error, connection) => (error === null ? resolve(connection) : reject(error)));
    });

  test("are given by whoever gives them", async () => {
    const credential = stage.open("one");
    stage.one.giveBy(credential.connect);
    const [rows] = await stage.pool.promise().query("SELECT USER()");
    expect(rows).toEqual([{ user: "u" }]);
    expect(credential.open).toBe(1);
    stage.one.giveBy(async () => {
      throw new Error("refused");
    });
    await expect(connectionOf(stage.pool)).rejects.toThrow("refused");
  });

  test("are asked for once by whoever waits for one", async () => {
    await stage.make({ connectionLimit: 1 });
    const credential = stage.open("one");
    const connect = vi.fn<() => Promise<mysql.PoolConnection>>(credential.connect);
    stage.one.giveBy(connect);
    const held = await connectionOf(stage.pool);
    const waiting = connectionOf(stage.pool);
    await until(() => stage.waiting === 1);
    held.destroy();
    expect(await waiting).not.toBe(held);
    expect(connect).toHaveBeenCalledTimes(2);
  });
});

test("a connection of no credential is the driver's as ever", async () => {
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  await stage.make({ user: "before" });
  const connection = await stage.pool.promise().getConnection();
  connection.release();
  expect((await stage.pool.promise().getConnection()).connection).toBe(connection.connection);
  stage.one.end();
  await until(() => stage.server.sessions[0]?.isClosed === true);
  expect(stage.server.sessions[0]?.hasQuit).toBe(true);
  expect(warned).not.toHaveBeenCalled();
  warned.mockRestore();
});

describe("the pool's events", () => {
  const names = ["connection", "acquire", "enqueue", "release"] as const;
  const emit = (name: string, ...about: unknown[]): boolean => stage.pool.emit(name, ...(about as []));

  test("cost nothing when a listener throws, and the next listener hears of them", async () => {
    await stage.make({ connectionLimit: 1 });
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const heard: unknown[] = [];
    for (const name of names) {
      stage.pool.on(name as "release", () => {
        throw new Error("canary");
      });
      stage.pool.on(name as "release", function (this: unknown, connection) {
        heard.push([name, this, connection]);
      });
    }
    const credential = stage.open("one");
    const connection = await credential.connect();
    const waiting = credential.connect();
    connection.release();
    expect(await waiting).toBe(connection);
    connection.release();
    expect(heard).toEqual(names.map((name) => [name, stage.pool, name === "enqueue" ? undefined : connection]));
    await until(() => warned.mock.calls.length === names.length);
    expect(warned.mock.calls.map(([message]) => message)).toEqual(
      names.map((name) => `a listener of "${name}" failed: Error`),
    );
    warned.mockRestore();
  });

  test("say whether anyone heard of them, and are told once to whoever listens once", () => {
    const listener = vi.fn<() => void>();
    expect(emit("acquire")).toBe(false);
    stage.pool.once("acquire", listener);
    expect([emit("acquire"), emit("acquire")]).toEqual([true, false]);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  test("that are a service's own are emitted as ever", () => {
    const listener = vi.fn<(about: number) => void>(() => {
      throw new Error("own");
    });
    expect(emit("own", 1)).toBe(false);
    stage.pool.on("own" as never, listener as never);
    expect(() => emit("own", 2)).toThrow("own");
    expect(listener.mock.calls).toEqual([[2]]);
  });
});
