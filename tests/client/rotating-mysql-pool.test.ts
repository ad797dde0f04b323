import { once } from "node:events";
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { createConnection, type PoolConnection } from "mysql2";
import type { RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRotatingPool } from "../../shared/client/pools/mysql2/rotating-pool.ts";
import { createSecretClient } from "../../shared/client/secret-client.ts";
import { secretsManagerStore } from "../../shared/aws/secrets-manager/secret-store.ts";
import type { EngineServer, Variant } from "../../shared/testing/engine-contract/fixture.ts";
import { type Stage, startStage } from "../../shared/testing/engine-contract/stage.ts";
import { mariadbFixture } from "../support/mariadb-fixture.ts";
import { mariadbd } from "../support/mysql-servers.ts";

const singleUser: Variant = { strategy: "single-user", usesAdmin: false };
const alternating: Variant = { strategy: "alternating-users", usesAdmin: true };

describe.skipIf(mariadbd === undefined)("the rotating pool of mysql2, on MariaDB", () => {
  let server: EngineServer;
  let stage: Stage;
  beforeAll(async () => {
    const fixture = mariadbFixture(mariadbd ?? "");
    server = await fixture.start();
    stage = await startStage(fixture, server);
  });
  afterAll(async () => {
    await stage.stop();
    await server.stop();
  });

  async function rotating(variant: Variant, drainTimeoutMs?: number, afterDrainTimeout?: "destroy") {
    const secret = await stage.newSecret(variant);
    const client = createSecretClient({ source: secretsManagerStore(stage.aws.own) });
    const pool = createRotatingPool({
      client,
      secretId: secret.id,
      ...(drainTimeoutMs === undefined ? {} : { drainTimeoutMs }),
      ...(afterDrainTimeout === undefined ? {} : { afterDrainTimeout }),
    });
    const rotate = async (): Promise<string> => {
      const versionId = await stage.rotate(secret.id);
      client.invalidate(secret.id, { atLeast: versionId });
      await client.get(secret.id);
      return versionId;
    };
    const end = async (): Promise<void> => {
      await pool.promise().end();
      await client.close();
    };
    return { ...secret, client, pool, rotate, end };
  }

  test("a secret of user name and password alone logs in where the pool is told to, and the user is the secret's", async () => {
    const { account } = await stage.newSecret(singleUser);
    const secretId = `bare-${account.username}`;
    const SecretString = JSON.stringify(account);
    await stage.aws.own.send(new CreateSecretCommand({ Name: secretId, SecretString }));
    const client = createSecretClient({ source: secretsManagerStore(stage.aws.own) });
    const { port } = server;
    const named = createRotatingPool({
      client,
      secretId,
      pool: { host: "127.0.0.1", port, database: "information_schema", ssl: false },
    });
    const [rows] = await named.promise().query<RowDataPacket[]>("SELECT SUBSTRING_INDEX(USER(), '@', 1) AS user");
    expect(userOf(rows)).toBe(account.username);
    const nowhere = createRotatingPool({ client, secretId });
    await expect(nowhere.promise().query("SELECT 1")).rejects.toMatchObject({
      code: "secret-malformed",
      context: { field: "host" },
    });
    await named.promise().end();
    await nowhere.promise().end();
    await client.close();
  });

  const userOf = (rows: readonly RowDataPacket[]): unknown => rows[0]?.["user"];

  test("the next query after a rotation is the other alternating user's", async () => {
    const { account, pool, rotate, end } = await rotating(alternating);
    const user = async (): Promise<unknown> => {
      const [rows] = await pool.promise().query<RowDataPacket[]>("SELECT SUBSTRING_INDEX(USER(), '@', 1) AS user");
      return userOf(rows);
    };
    expect(await user()).toBe(account.username);
    const versionId = await rotate();
    expect(await user()).not.toBe(account.username);
    expect(pool.versionId).toBe(versionId);
    expect(pool.refusedLogins).toBe(0);
    await end();
  });

  test("a transaction that is open during a rotation and past the drain's time is not cut, and its connection is closed at its release", async () => {
    const { pool, rotate, end } = await rotating(singleUser, 10);
    const drained: string[] = [];
    pool.onDrained((versionId) => drained.push(versionId));
    const connection = await pool.promise().getConnection();
    const first = pool.versionId;
    const [idle, other] = await Promise.all([pool.promise().getConnection(), pool.promise().getConnection()]);
    idle.release();
    await connection.beginTransaction();
    await rotate();
    await other.query("SELECT 1");
    other.release();
    await connection.query("SELECT 1");
    await connection.commit();
    expect(drained).toEqual([]);
    connection.release();
    await expect.poll(() => drained).toEqual([first]);
    await expect(pool.promise().execute("SELECT 1")).resolves.toBeDefined();
    await end();
  });

  test("where a user wants it, what is in use after the drain's time is closed at once", async () => {
    const { pool, rotate, end } = await rotating(singleUser, 10, "destroy");
    const drained: string[] = [];
    pool.onDrained((versionId) => drained.push(versionId));
    const connection = await pool.promise().getConnection();
    await rotate();
    await expect.poll(() => drained).toHaveLength(1);
    await expect(connection.query("SELECT 1")).rejects.toThrow("closed state");
    await end();
  });

  test("a refused password is looked up anew, and the query is sent once, by callbacks too", async () => {
    const { id, pool, end } = await rotating(singleUser);
    await pool.promise().query("SELECT 1");
    await stage.rotate(id);
    const held = await pool.promise().getConnection();
    const rows = await new Promise((resolve, reject) => {
      pool.query("SELECT 41 + 1 AS answer", (error, found) => (error === null ? resolve(found) : reject(error)));
    });
    expect(rows).toEqual([{ answer: 42 }]);
    expect(pool.refusedLogins).toBe(1);
    held.release();
    await end();
  });

  test("a user that was locked is refused as one whose password is wrong, and the next is taken", async () => {
    const { id, account, pool, end } = await rotating(alternating);
    await pool.promise().query("SELECT 1");
    await stage.rotate(id);
    const root = createConnection({
      host: server.host,
      port: server.port,
      user: server.admin?.username ?? "",
      password: server.admin?.password ?? "",
    });
    await root.promise().query(`ALTER USER '${account.username}' ACCOUNT LOCK`);
    root.destroy();
    const held = await pool.promise().getConnection();
    const [rows] = await pool.promise().query<RowDataPacket[]>("SELECT SUBSTRING_INDEX(USER(), '@', 1) AS user");
    expect(userOf(rows)).not.toBe(account.username);
    expect(pool.refusedLogins).toBe(1);
    held.release();
    await end();
  });

  test("a password that no version holds is offered once, and the error is typed", async () => {
    const { account, pool, end } = await rotating(singleUser);
    await server.changePassword({ username: account.username, password: "changed" });
    const before = await server.failedLogins();
    await expect(pool.promise().query("SELECT 1")).rejects.toMatchObject({ code: "credential-refused" });
    expect((await server.failedLogins()) - before).toBe(1);
    await end();
    await expect(pool.promise().query("SELECT 1")).rejects.toMatchObject({ code: "pool-closed" });
  });

  test("a connection that the server ends costs neither another query nor the process", async () => {
    const { pool, end } = await rotating(singleUser);
    const connected = once(pool, "connection");
    const [[row]] = await pool.promise().query<RowDataPacket[]>("SELECT CONNECTION_ID() AS id");
    const [connection] = (await connected) as [PoolConnection];
    const lost = new Promise((resolve) => connection.once("error", resolve).once("end", resolve));
    const other = await pool.promise().getConnection();
    const killer = await pool.promise().getConnection();
    other.release();
    await killer.query(`KILL ${String(row?.["id"])}`);
    await lost;
    killer.release();
    await expect(pool.promise().query("SELECT 1")).resolves.toBeDefined();
    await end();
  });
});
