import { setImmediate as turn } from "node:timers/promises";
import type pg from "pg";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type FakePgServer, fakePgServer } from "../../../../tests/support/fake-pg-server.ts";
import { type FakeSecretClient, fakeSecretClient } from "../../../testing/fake-secret-client.ts";
import { createRotatingPool, type RotatingPool, type RotatingPoolOptions } from "./rotating-pool.ts";
import { settled } from "../../../../tests/support/settled.ts";

let server: FakePgServer;
let made: FakePgServer["made"];
let wrong: FakePgServer["wrong"];
const login = (password: string, more: object = {}): object => ({ username: "u", password, host: "h", ...more });

let client: FakeSecretClient;
let pool: RotatingPool;
const start = (settings: pg.PoolConfig = {}, more: Partial<RotatingPoolOptions> = {}): RotatingPool =>
  (pool = createRotatingPool({ client, secretId: "a", pool: { Client: server.Client, ...settings }, ...more }));

beforeEach(() => {
  server = fakePgServer();
  ({ made, wrong } = server);
  client = fakeSecretClient({ a: login("one") });
});
afterEach(async () => {
  await pool[Symbol.asyncDispose]();
  await client.close();
});

describe("the login", () => {
  test("is the secret's, with the driver's defaults for what it leaves out", async () => {
    await start().query("SELECT 1");
    expect(made[0]?.login).toMatchObject({
      user: "u",
      password: "one",
      host: "h",
      port: 5432,
      database: "postgres",
      ssl: { rejectUnauthorized: true },
    });
  });

  test("has the secret's port, database and TLS", async () => {
    client.secrets.put("a", login("one", { port: 6432, dbname: "d", ssl: false }));
    await start().query("SELECT 1");
    expect(made[0]?.login).toMatchObject({ port: 6432, database: "d", ssl: false });
  });

  test("has the settings' host, port, database and TLS where they are given", async () => {
    client.secrets.put("a", login("one", { port: 6432, dbname: "d", ssl: false }));
    const settings = { host: "given", port: 1, database: "e", ssl: { ca: "ca" }, application_name: "orders" };
    await start(settings).query("SELECT 1");
    expect(made[0]?.login).toMatchObject(settings);
  });

  test.each(["user", "password", "connectionString"])("is nobody else's: %s is refused", (name) => {
    start();
    expect(() => createRotatingPool({ client, secretId: "a", pool: { [name]: "canary" } })).toThrow(
      expect.objectContaining({
        code: "option-invalid",
        context: { option: `pool.${name}` },
        hint: expect.stringContaining(`remove pool.${name}: the pool logs in with the secret's`),
      }),
    );
    expect(() => createRotatingPool({ client, secretId: "a", pool: { [name]: undefined } })).not.toThrow();
  });

  test("takes the place of one that is refused", async () => {
    start();
    await pool.query("SELECT 1");
    made[0]?.emit("end");
    const versionId = client.secrets.put("a", login("two"));
    wrong.add("one");
    (await pool.connect()).release(true);
    const { rows } = await pool.query("SELECT 1");
    expect([rows, pool.versionId, pool.refusedLogins]).toEqual([[{ user: "u", password: "two" }], versionId, 1]);
  });

  test("that is refused is explained", async () => {
    wrong.add("one");
    expect(await settled(start().query("SELECT 1"))).toMatchObject({
      code: "credential-refused",
      context: { secret: "a", sqlstate: "28P01" },
    });
  });
});

describe("what the driver's pool has", () => {
  test("is counted over all credentials", async () => {
    start({ max: 2 });
    const [first, second] = [await pool.connect(), await pool.connect()];
    await client.rotate("a", login("two"));
    const waiting = pool.connect();
    await turn();
    expect(pool).toMatchObject({ totalCount: 2, idleCount: 0, waitingCount: 1, expiredCount: 0 });
    first.release();
    const third = await waiting;
    third.release();
    expect(pool).toMatchObject({ totalCount: 2, idleCount: 1, waitingCount: 0 });
    second.release();
    await turn();
    expect(pool.totalCount).toBe(1);
  });

  test("is said by its events, and a listener that throws costs nothing", async () => {
    start();
    const said: string[] = [];
    for (const name of ["connect", "acquire", "release", "remove"] as const) pool.on(name, () => void said.push(name));
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    pool.on("acquire", () => {
      throw new Error("canary");
    });
    await pool.query("SELECT 1");
    await pool.end();
    expect([said, warned.mock.calls.length]).toEqual([["connect", "acquire", "release", "remove"], 1]);
    warned.mockRestore();
  });

  test("fails by itself where a connection breaks, which listeners hear of", async () => {
    start();
    await pool.query("SELECT 1");
    const broken = new Error("broken");
    expect(() => made[0]?.emit("error", broken)).not.toThrow();
    const heard = vi.fn<(error: Error) => void>();
    pool.on("error", heard);
    await pool.query("SELECT 1");
    made[1]?.emit("error", broken);
    expect(heard.mock.calls).toEqual([[broken, made[1]]]);
  });

  test("has a limit that holds over all credentials", async () => {
    start({ max: 1 });
    const old = await pool.connect();
    await client.rotate("a", login("two"));
    const waiting = pool.connect();
    await turn();
    expect(pool.waitingCount).toBe(1);
    old.release();
    (await waiting).release();
  });

  test("says in its own words that a connection took too long", async () => {
    start({ max: 1, connectionTimeoutMillis: 1 });
    const old = await pool.connect();
    await client.rotate("a", login("two"));
    await expect(pool.connect()).rejects.toThrow("timeout exceeded when trying to connect");
    old.release();
  });

  test.each([
    ["a promise of the kind that the settings name", class Own<Result> extends Promise<Result> {}],
    ["a promise", undefined],
  ])("gives %s", async (_, Chosen) => {
    start(Chosen === undefined ? {} : { Promise: Chosen });
    const connecting = pool.connect();
    expect(connecting).toBeInstanceOf(Chosen ?? Promise);
    (await connecting).release();
  });
});

describe("a callback", () => {
  test("is given the connection and its release, and the end", async () => {
    start();
    const given = await new Promise<unknown[]>((resolve) => pool.connect((...all) => resolve(all)));
    expect(given).toEqual([undefined, made[0], Reflect.get(made[0] ?? {}, "release")]);
    (given[2] as () => void)();
    expect(await new Promise((resolve) => pool.end((error?: Error) => resolve(error)))).toBeUndefined();
  });

  test("is given the error of a connection, and of a second end", async () => {
    wrong.add("one");
    start();
    const given = await new Promise<unknown[]>((resolve) => pool.connect((...all) => resolve(all)));
    expect(given).toMatchObject([{ code: "credential-refused" }, undefined, expect.any(Function)]);
    expect((given[2] as () => unknown)()).toBeUndefined();
    await pool.end();
    const again = await new Promise<unknown>((resolve) => pool.end((error?: Error) => resolve(error)));
    expect(again).toEqual(new Error("Called end on pool more than once"));
  });
});

describe("the end", () => {
  test("waits for connections in use and for the server to close them, and shows in the pool", async () => {
    start();
    const connection = await pool.connect();
    const over = vi.fn<() => void>();
    const ending = pool.end().then(over);
    expect([pool.ending, pool.ended]).toEqual([true, false]);
    await turn();
    server.closes = false;
    connection.release();
    await turn();
    expect([over.mock.calls.length, made[0]?.isEnded]).toEqual([0, true]);
    made[0]?.close();
    await ending;
    expect([pool.ended, pool.totalCount]).toEqual([true, 0]);
    await expect(pool.end()).rejects.toThrow("Called end on pool more than once");
    await expect(pool.connect()).rejects.toMatchObject({ code: "pool-closed" });
  });

  test("also comes by the pool's scope, once", async () => {
    start();
    (await pool.connect()).release();
    await pool[Symbol.asyncDispose]();
    expect([pool.ended, made[0]?.isEnded]).toEqual([true, true]);
    await expect(pool[Symbol.asyncDispose]()).resolves.toBeUndefined();
  });

  test("of a replaced credential's last connection is reported, and cuts it after its time where that is wanted", async () => {
    start({}, { drainTimeoutMs: 1, afterDrainTimeout: "destroy" });
    const drained = vi.fn<(versionId: string) => void>();
    pool.onDrained(drained);
    const connection = await pool.connect();
    const { versionId } = pool;
    await client.rotate("a", login("two"));
    await vi.waitUntil(() => made[0]?.isEnded === true);
    connection.release();
    await vi.waitUntil(() => drained.mock.calls.length > 0);
    expect(drained.mock.calls).toEqual([[versionId]]);
  });
});
