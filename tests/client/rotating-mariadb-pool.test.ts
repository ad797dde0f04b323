import { inspect } from "node:util";
import type { PoolConnection } from "mariadb";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createRotatingPool, type RotatingPool } from "../../shared/client/pools/mariadb/rotating-pool.ts";
import type { Acknowledge, RotatingOptions } from "../../shared/client/pools/rotating-options.ts";
import type { Settings } from "../../shared/client/pools/mariadb/login-settings.ts";
import { type FakeSecretClient, fakeSecretClient } from "../../shared/testing/fake-secret-client.ts";
import { mariadbd, type MysqlServer, startMysqlServer } from "../support/mysql-servers.ts";
import { settled } from "../support/settled.ts";

const soon = { timeout: 10_000 };
const second = { username: "orders_2", password: "second-canary" };
let server: MysqlServer;
let client: FakeSecretClient;
let first: { username: string; password: string };
let pool: RotatingPool;

const secretOf = (account: { username: string; password: string }) => ({
  ...account,
  host: server.host,
  port: server.port,
  ssl: false,
});
const make = (settings: Settings = {}, options: Partial<RotatingOptions> = {}): RotatingPool =>
  (pool = createRotatingPool({ client, secretId: "orders", pool: settings, drainTimeoutMs: 2_000, ...options }));
const userOf = async (connection: Pick<PoolConnection, "query">): Promise<string> =>
  (await connection.query<[{ name: string }]>("SELECT SUBSTRING_INDEX(USER(), '@', 1) AS name"))[0].name;
const rotate = async (): Promise<string> => client.rotate("orders", secretOf(second));

describe.skipIf(mariadbd === undefined)("the rotating pool of the mariadb connector", () => {
  beforeAll(async () => {
    server = await startMysqlServer("mariadb", mariadbd ?? "");
    first = server.superuser;
    await server.admin(`CREATE USER ${second.username} IDENTIFIED BY '${second.password}'`);
  }, 60_000);
  afterAll(async () => server?.stop());
  beforeEach(() => (client = fakeSecretClient({ orders: secretOf(first) })));
  afterEach(async () => {
    await pool?.end();
    await client.close();
  });

  test("has the connector's words, each of which takes the newest credential", async () => {
    make({ bulk: false });
    expect(await userOf(pool)).toBe(first.username);
    await rotate();
    expect(await userOf(pool)).toBe(second.username);
    expect(await pool.execute("SELECT ? AS number", [7])).toMatchObject([{ number: 7 }]);
    expect(await pool.batch("SELECT ? AS number", [[1], [2]])).toMatchObject([{ number: 1 }, { number: 2 }]);
    await expect(pool.importFile({ file: "/nowhere.sql" })).rejects.toThrow("no database is selected");
    expect([pool.escape("a'b"), pool.escapeId("a b")]).toEqual([String.raw`'a\'b'`, "`a b`"]);
  });

  test("escapes as the server's mode wants it, and before any connection as the connector does", async () => {
    make({ sessionVariables: { sql_mode: "NO_BACKSLASH_ESCAPES" } });
    expect(pool.escape("a'b")).toBe(String.raw`'a\'b'`);
    await pool.query("SELECT 1");
    expect(pool.escape(String.raw`a\'b`)).toBe(String.raw`'a\''b'`);
  });

  test("keeps its limit, in order, over all credentials", async () => {
    make({ connectionLimit: 2 });
    const enqueued = vi.fn<() => void>();
    pool.on("enqueue", enqueued);
    const [one, two] = [await pool.getConnection(), await pool.getConnection()];
    const waiting = pool.getConnection();
    await expect.poll(() => pool.taskQueueSize(), soon).toBe(1);
    expect([pool.totalConnections(), pool.activeConnections(), pool.idleConnections()]).toEqual([2, 2, 0]);
    await one.release();
    expect(await userOf(await waiting)).toBe(first.username);
    await rotate();
    const next = pool.getConnection();
    await two.release();
    const third = await next;
    expect([await userOf(third), enqueued.mock.calls.length]).toEqual([second.username, 1]);
    await third.release();
    await (await waiting).release();
    await expect.poll(() => pool.totalConnections(), soon).toBe(1);
  });

  test("rolls back what was left open, and takes a connection back once", async () => {
    make({ connectionLimit: 1 });
    const released = vi.fn<() => void>();
    pool.on("release", released);
    const connection = await pool.getConnection();
    await connection.beginTransaction();
    await connection.query("SET @mark = 1");
    await Promise.all([connection.release(), connection.end(), connection.close()]);
    const again = await pool.getConnection();
    expect(await again.query("SELECT @mark AS mark, @@in_transaction AS busy")).toMatchObject([{ mark: 1n, busy: 0n }]);
    await again.release();
    expect(released).toHaveBeenCalledTimes(2);
  });

  test.each<[string, Settings, unknown]>([
    ["resets a connection where that is set", { resetAfterUse: true }, null],
    ["leaves it as it is where that is set", { noControlAfterUse: true }, 1n],
  ])("%s", async (_, settings, mark) => {
    make({ connectionLimit: 1, ...settings });
    await pool.query("SET @mark = 1");
    expect(await pool.query("SELECT @mark AS mark")).toMatchObject([{ mark }]);
  });

  test("replaces a connection that the server has closed, used or idle", async () => {
    make({ connectionLimit: 1, minDelayValidation: 0 });
    const connection = await pool.getConnection();
    await server.admin(`KILL ${connection.threadId}`);
    expect(await settled(connection.query("SELECT 1"))).toBeInstanceOf(Error);
    await connection.release();
    const next = await pool.getConnection();
    await next.release();
    await server.admin(`KILL ${next.threadId}`);
    expect(await userOf(pool)).toBe(first.username);
  });

  test("a destroyed connection leaves its place", async () => {
    make({ connectionLimit: 1 });
    (await pool.getConnection()).destroy();
    expect(await userOf(pool)).toBe(first.username);
  });

  test("an idle connection grows old, and is closed", async () => {
    make({ idleTimeout: 0.05 });
    await pool.query("SELECT 1");
    await expect.poll(() => pool.totalConnections(), soon).toBe(0);
  });

  test("whoever waits too long for a connection is told so in the connector's words", async () => {
    make({ connectionLimit: 1, acquireTimeout: 60 });
    const held = await pool.getConnection();
    expect(await settled(pool.getConnection())).toMatchObject({ code: "ER_GET_CONNECTION_TIMEOUT", errno: 45_028 });
    await held.release();
    expect(await userOf(pool)).toBe(first.username);
  });

  test("of many that wait, each is told of a login that fails", async () => {
    client.secrets.put("orders", { ...secretOf(first), port: 1 });
    make({ connectionLimit: 1 });
    const failures = await Promise.all(Array.from({ length: 3 }, async () => settled(pool.query("SELECT 1"))));
    expect(failures).toMatchObject(failures.map(() => ({ code: "ECONNREFUSED" })));
  });

  test("what is in use past the drain's time is cut where that is asked for", async () => {
    make({}, { drainTimeoutMs: 20, afterDrainTimeout: "destroy" });
    const held = await pool.getConnection();
    await rotate();
    await expect.poll(() => held.isValid(), soon).toBe(false);
    await held.release();
  });

  test("a version is acknowledged once nothing uses an older one", async () => {
    const acknowledge = vi.fn<Acknowledge>(async () => undefined);
    make({}, { acknowledge });
    const held = await pool.getConnection();
    const drained = vi.fn<(versionId: string) => void>();
    pool.onDrained(drained);
    const versionId = await rotate();
    await pool.query("SELECT 1");
    expect(acknowledge.mock.calls).toHaveLength(1);
    await held.release();
    await expect.poll(() => acknowledge.mock.lastCall, soon).toEqual([{ secretId: "orders", versionId }]);
    expect(drained).toHaveBeenCalledTimes(1);
  });

  test("nothing that is printed of it holds the password", async () => {
    make();
    const connection = await pool.getConnection();
    expect(inspect([pool, connection], { depth: 12, showHidden: true })).not.toContain(first.password);
    await connection.release();
  });

  test("is closed by its end, which may be asked for again", async () => {
    make();
    await pool.query("SELECT 1");
    await Promise.all([pool.end(), pool.end()]);
    expect(pool.closed).toBe(true);
    await expect(pool.query("SELECT 1")).rejects.toMatchObject({ code: "pool-closed" });
  });
});
