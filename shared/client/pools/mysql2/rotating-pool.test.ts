import mysql from "mysql2";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type FakeSecretClient, fakeSecretClient } from "../../../testing/fake-secret-client.ts";
import { createRotatingPool, type RotatingPool, type RotatingPoolOptions } from "./rotating-pool.ts";
import { until } from "../../../../tests/support/mysql-pool-stage.ts";
import { startFakeMysql, type FakeMysql } from "../../../../tests/support/fake-mysql.ts";

let server: FakeMysql;
let client: FakeSecretClient;
let pool: RotatingPool;

const login = (password: string, more: object = {}): object => ({
  username: "u",
  password,
  host: "127.0.0.1",
  port: server.port,
  ssl: false,
  ...more,
});
const start = (settings: RotatingPoolOptions["pool"] = {}, more: Partial<RotatingPoolOptions> = {}): RotatingPool =>
  (pool = createRotatingPool({ client, secretId: "a", pool: settings, ...more }));
const query = async (): Promise<unknown> => (await pool.promise().query("SELECT USER()"))[0];

beforeEach(async () => {
  server = await startFakeMysql();
  client = fakeSecretClient({ a: login("one") });
});
afterEach(async () => {
  vi.useRealTimers();
  await pool[Symbol.asyncDispose]();
  await client.close();
  await server.stop();
});

describe("a query", () => {
  test("is the secret's user's, and after a rotation the next one's", async () => {
    pool = createRotatingPool({ client, secretId: "a" });
    expect(await query()).toEqual([{ user: "u" }]);
    const drained = vi.fn<(versionId: string) => void>();
    pool.onDrained(drained);
    const before = pool.versionId;
    const versionId = await client.rotate("a", login("two", { username: "v" }));
    expect(await query()).toEqual([{ user: "v" }]);
    expect([pool.versionId, pool.refusedLogins]).toEqual([versionId, 0]);
    await until(() => drained.mock.calls.length > 0);
    expect(drained.mock.calls).toEqual([[before]]);
  });

  test("goes where the settings say", async () => {
    client.secrets.put("a", { username: "u", password: "one", ssl: false });
    start({ host: "127.0.0.1", port: server.port, database: "d" });
    await query();
    expect(server.sessions.map(({ user, database }) => [user, database])).toEqual([["u", "d"]]);
  });

  test("that is refused is sent with the secret as it is now, once", async () => {
    start();
    const held = await pool.promise().getConnection();
    const versionId = client.secrets.put("a", login("two"));
    server.wrong.add("one");
    const rows = await new Promise((resolve, reject) => {
      pool.query("SELECT USER()", (error, found) => (error === null ? resolve(found) : reject(error)));
    });
    expect([rows, pool.versionId, pool.refusedLogins]).toEqual([[{ user: "u" }], versionId, 1]);
    held.release();
  });

  test("that no version's credential is taken for fails with a typed error", async () => {
    server.wrong.add("one");
    await expect(start().promise().query("SELECT 1")).rejects.toMatchObject({
      code: "credential-refused",
      context: { secret: "a", errno: 1045, reason: "not encrypted" },
    });
    expect(server.sessions).toHaveLength(1);
  });

  test("does not wait for connections of a replaced credential while there is room", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    start({ connectionLimit: 2 });
    const held = await pool.promise().getConnection();
    await client.rotate("a", login("two"));
    await query();
    expect(server.sessions.map(({ hasQuit }) => hasQuit)).toEqual([false, false]);
    held.release();
    await until(() => server.sessions[0]?.isClosed === true);
  });

  test.each([
    ["the driver's ten seconds", {}, 10_000],
    ["the settings' time", { connectTimeout: 20 }, 20],
  ])("waits for the secret no longer than %s", async (_, settings, timeoutMs) => {
    const reading = vi.spyOn(client, "get").mockReturnValue(new Promise(() => undefined));
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    start(settings);
    const failing = query().catch((error: unknown) => error);
    await until(() => reading.mock.calls.length > 0 && vi.getTimerCount() > 0);
    vi.advanceTimersByTime(timeoutMs);
    expect(await failing).toMatchObject({ code: "time-budget-spent", context: { timeoutMs } });
  });
});

describe("the end", () => {
  const end = async (): Promise<unknown[]> => new Promise((resolve) => pool.end((...all: unknown[]) => resolve(all)));

  test("closes what is idle, is told without an error, and once more where it is asked for again", async () => {
    start();
    await query();
    expect(await Promise.all([end(), end()])).toEqual([[undefined], [undefined]]);
    expect(server.sessions.map(({ hasQuit }) => hasQuit)).toEqual([true]);
    expect(await end()).toEqual([undefined]);
  });

  test("waits for what is in use, and nobody is given a connection any more", async () => {
    start();
    const held = await pool.promise().getConnection();
    const over = vi.fn<() => void>();
    const ending = pool.promise().end().then(over);
    await expect(query()).rejects.toMatchObject({ code: "pool-closed", context: { secret: "a" } });
    expect(over).not.toHaveBeenCalled();
    held.release();
    await ending;
    expect(server.sessions[0]?.hasQuit).toBe(true);
  });

  test("needs no callback", async () => {
    start();
    await query();
    expect(pool.end()).toBeUndefined();
    await until(() => server.sessions[0]?.isClosed === true);
  });

  test("of a block that disposes of it closes the driver's pool", async () => {
    start();
    await pool[Symbol.asyncDispose]();
    expect(Reflect.get(pool, "_closed")).toBe(true);
  });
});

describe("what it is made of is checked when it is made", () => {
  beforeEach(() => void start());

  test.each([
    ["an option that is the driver's", { ssl: true }, { code: "option-invalid", context: { option: "ssl" } }],
    ["a password", { pool: { password: "canary" } }, { code: "option-invalid", context: { option: "pool.password" } }],
  ])("%s", (_, options, error) => {
    expect(() => createRotatingPool({ client, secretId: "a", ...options } as never)).toThrow(
      expect.objectContaining(error),
    );
  });

  test("a driver with other insides", () => {
    const { prototype } = mysql.PoolConnection;
    const realEnd: unknown = Reflect.get(prototype, "_realEnd");
    onTestFinished(() => void Reflect.set(prototype, "_realEnd", realEnd));
    Reflect.set(prototype, "_realEnd", undefined);
    expect(() => createRotatingPool({ client, secretId: "a" })).toThrow(
      expect.objectContaining({ code: "driver-unsupported" }),
    );
  });
});
