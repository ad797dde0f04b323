import { inspect } from "node:util";
import type { Pool, PoolConnection, PoolOptions, RowDataPacket } from "mysql2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRotatingPool } from "../../../shared/client/pools/mysql2/rotating-pool.ts";
import { fakeSecretClient } from "../../../shared/testing/fake-secret-client.ts";
import { mariadbd, type MysqlServer, startMysqlServer } from "../../support/mysql-servers.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";
import { recorded } from "./mysql2-subject.ts";

const kind = "a driver imitated incompletely";
const soon = { timeout: 60_000 };
printFieldCases();

describe.skipIf(mariadbd === undefined)("a rotating pool of mysql2 over a rotation", () => {
  let server: MysqlServer;
  let users = 0;
  beforeAll(async () => {
    server = await startMysqlServer("mariadb", mariadbd ?? "");
  });
  afterAll(async () => server.stop());

  async function service(settings: PoolOptions = {}) {
    const username = `app_${++users}`;
    const passwordOf = (rotation: number): string => `secret-word-${rotation}`;
    await server.admin(`CREATE USER ${username} IDENTIFIED BY '${passwordOf(0)}'`);
    const { host, port } = server;
    const secret = (rotation: number): object => ({
      engine: "mariadb",
      host,
      port,
      username,
      password: passwordOf(rotation),
      ssl: false,
    });
    const client = fakeSecretClient({ orders: secret(0) });
    const pool = createRotatingPool({ client, secretId: "orders", pool: settings });
    let rotations = 0;
    return {
      pool,
      async rotate(): Promise<void> {
        rotations++;
        await server.admin(`ALTER USER ${username} IDENTIFIED BY '${passwordOf(rotations)}'`);
        await client.rotate("orders", secret(rotations));
      },
      connections: async (): Promise<number> =>
        (await server.admin(`SELECT id FROM information_schema.processlist WHERE user = '${username}'`)).length,
      async [Symbol.asyncDispose]() {
        await pool.promise().end();
        await client.close();
      },
    };
  }
  const many = async (pool: Pool, count: number): Promise<readonly PromiseSettledResult<unknown>[]> =>
    Promise.allSettled(Array.from({ length: count }, async () => pool.promise().query("SELECT SLEEP(0.01)")));
  const lost = (results: readonly PromiseSettledResult<unknown>[]): readonly unknown[] =>
    results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));

  test(
    "rows, time zone and formats are those of its settings before and after",
    fieldCase(kind, async () => {
      await using orders = await service({ rowsAsArray: true, timezone: "+09:00", namedPlaceholders: true });
      const seen = async (): Promise<unknown> => [
        (await orders.pool.promise().query("SELECT :a AS a, TIMESTAMP '2026-01-02 03:04:05' AS t", { a: 1 }))[0],
        orders.pool.escape(new Date(0)),
      ];
      const before = await seen();
      await orders.rotate();
      expect(await seen()).toEqual(before);
      expect(before).toEqual([[[1, new Date("2026-01-01T18:04:05Z")]], "'1970-01-01 09:00:00.000'"]);
    }),
  );

  test(
    "a pool that does not let callers wait refuses nobody because its idle connections are being closed",
    fieldCase(kind, async () => {
      await using orders = await service({ connectionLimit: 4, waitForConnections: false });
      expect(lost(await many(orders.pool, 4))).toEqual([]);
      await orders.rotate();
      expect(lost(await many(orders.pool, 4))).toEqual([]);
      const held = await Promise.all(Array.from({ length: 4 }, async () => orders.pool.promise().getConnection()));
      await expect(orders.pool.promise().query("SELECT 1")).rejects.toThrow("No connections available.");
      for (const connection of held) connection.release();
    }),
  );

  test(
    "a queue with a limit refuses nobody because idle connections are being closed, and keeps its limit afterwards",
    fieldCase(kind, async () => {
      await using orders = await service({ connectionLimit: 4, queueLimit: 1 });
      expect(lost(await many(orders.pool, 4))).toEqual([]);
      await orders.rotate();
      expect(lost(await many(orders.pool, 4))).toEqual([]);
      expect(lost(await many(orders.pool, 7)).map(String)).toEqual([
        "Error: Queue limit reached.",
        "Error: Queue limit reached.",
      ]);
    }),
  );

  test(
    "never has more connections open than its limit says, and none of a replaced credential in the end",
    fieldCase(kind, async () => {
      await using orders = await service({ connectionLimit: 3 });
      const first = await orders.pool.promise().getConnection();
      await orders.rotate();
      const others = many(orders.pool, 12);
      await expect.poll(orders.connections, soon).toBeGreaterThan(1);
      expect(await orders.connections()).toBeLessThanOrEqual(3);
      expect(lost(await others)).toEqual([]);
      const [[row]] = await first.query<RowDataPacket[]>("SELECT CONNECTION_ID() AS id");
      first.release();
      await expect
        .poll(
          async () =>
            (await server.admin(`SELECT id FROM information_schema.processlist WHERE id = ${row?.["id"]}`)).length,
          soon,
        )
        .toBe(0);
    }),
  );

  test(
    "events come for connections of either credential, and listeners that throw cost nothing",
    fieldCase("one bad input ends or blocks the service", async () => {
      await using orders = await service({ connectionLimit: 1 });
      for (const event of ["connection", "acquire", "enqueue", "release"])
        orders.pool.on(event, () => {
          throw new Error(event);
        });
      const seen = recorded(orders.pool);
      expect(lost(await many(orders.pool, 2))).toEqual([]);
      await orders.rotate();
      expect(lost(await many(orders.pool, 2))).toEqual([]);
      const connectionEvents = seen.filter((event) => event === "connection PoolConnection");
      expect(connectionEvents).toHaveLength(2);
      expect(seen).toContain("enqueue");
    }),
  );

  test(
    "a connection that is reset at its release is closed, too, when its credential was replaced meanwhile",
    fieldCase(kind, async () => {
      await using orders = await service({ resetOnRelease: true });
      const connection: PoolConnection = await new Promise((resolve, reject) =>
        orders.pool.getConnection((error, given) => (error === null ? resolve(given) : reject(error))),
      );
      connection.release();
      await orders.rotate();
      await expect.poll(orders.connections, soon).toBe(0);
    }),
  );

  test(
    "whoever prints the pool, its configuration or a connection prints no password",
    fieldCase(kind, async () => {
      await using orders = await service();
      const connection = await orders.pool.promise().getConnection();
      await orders.rotate();
      await orders.pool.promise().query("SELECT 1");
      const printed = inspect(orders.pool, { depth: 12 }) + inspect(connection, { depth: 12 });
      expect(printed).toContain("app_");
      expect(printed).not.toContain("secret-word");
      connection.release();
    }),
  );
});
