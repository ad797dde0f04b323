import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test, vi } from "vitest";
import { createRotatingPool } from "../../../shared/client/pools/pg/rotating-pool.ts";
import { fakeSecretClient } from "../../../shared/testing/fake-secret-client.ts";
import { fieldCase, printFieldCases } from "../field-cases.ts";
import { duringTests } from "../field-stage.ts";
import { queryAllTheTime } from "../../support/query-load.ts";
import { type PoolOptions, type PoolServer, startPostgresForPools } from "../../support/pool-servers.ts";
import { onEachPoolServer } from "./on-each-pool-server.ts";

const kind = "resources at their limit";
const secretId = "orders";
const limit = 4;
printFieldCases();

async function service(server: PoolServer, options: Partial<PoolOptions> = {}, userLimit = limit) {
  let user = await server.newUser(userLimit);
  const client = fakeSecretClient({ [secretId]: server.secretOf(user) });
  const pool = server.pool({ client, secretId, max: limit, ...options });
  return {
    pool,
    client,
    async rotate(): Promise<string> {
      user = await server.changePassword(user);
      return client.rotate(secretId, server.secretOf(user));
    },
    async end(): Promise<void> {
      await pool.end();
      await client.close();
    },
  };
}

onEachPoolServer("a user whose connection limit is the pool's", (start) => {
  const server = duringTests(start);

  test(
    "loses no query over six rotations under three times as many callers",
    fieldCase(kind, async () => {
      const { pool, rotate, end } = await service(server);
      const { failures, queries, stop } = queryAllTheTime(pool.query, 3 * limit);
      let versionId: string | undefined;
      for (let rotation = 0; rotation < 6; rotation++) {
        await wait(100);
        versionId = await rotate();
      }
      await expect.poll(() => pool.versionId, { timeout: 60_000 }).toBe(versionId);
      await stop();
      expect(failures).toEqual([]);
      expect(queries()).toBeGreaterThan(100);
      await end();
    }),
  );

  test(
    "has room again as soon as the server has closed what was replaced, and not when a timer says so",
    fieldCase(kind, async () => {
      const { pool, rotate, end } = await service(server);
      await Promise.all(Array.from({ length: limit }, pool.query));
      vi.useFakeTimers({ toFake: ["setTimeout"] });
      try {
        const drained = new Promise<void>((resolve) => pool.onDrained(resolve));
        const versionId = await rotate();
        await drained;
        await Promise.all(Array.from({ length: limit }, pool.query));
        expect(pool.versionId).toBe(versionId);
      } finally {
        vi.useRealTimers();
      }
      await end();
    }),
  );

  test(
    "lets a query wait until a transaction of the replaced credential ends",
    fieldCase(kind, async () => {
      const { pool, rotate, end } = await service(server);
      const held = await Promise.all(Array.from({ length: limit }, async () => pool.hold()));
      await rotate();
      let isAnswered = false;
      const answer = pool.query().then(() => (isAnswered = true));
      // Longer than the pool's patience: the server refuses the connection above the limit, which costs nobody anything.
      await wait(1_500);
      expect(isAnswered).toBe(false);
      for (const { query, release } of held) {
        await query();
        release();
      }
      await answer;
      await end();
    }),
  );

  test(
    "tells a caller of the limit once its time for a connection is over",
    fieldCase(kind, async () => {
      const { pool, rotate, end } = await service(server, { connectMs: 1_500 });
      const held = await Promise.all(Array.from({ length: limit }, async () => pool.hold()));
      await rotate();
      await expect(pool.query()).rejects.toThrow(/timeout exceeded|max_user_connections|many connections/);
      for (const { query, release } of held) {
        await query();
        release();
      }
      await pool.query();
      await end();
    }),
  );

  test(
    "learns of the limit at once where no rotation is under way",
    fieldCase(kind, async () => {
      const { pool, end } = await service(server, {}, 1);
      const { release } = await pool.hold();
      const error: unknown = await pool.hold().then(
        () => "works",
        (thrown: unknown) => thrown,
      );
      expect(error).toMatchObject({ code: expect.stringMatching(/^(?:53300|ER_USER_LIMIT_REACHED)$/) });
      release();
      await end();
    }),
  );
});

onEachPoolServer("a pool at its limit, of a user without one", (start) => {
  const server = duringTests(start);

  test(
    "gives a caller that holds a connection of the replaced credential another one",
    fieldCase(kind, async () => {
      const { pool, rotate, end } = await service(server, { max: 1 }, 20);
      const held = await pool.hold();
      await rotate();
      await expect(pool.query()).resolves.toBeUndefined();
      await pool.query();
      await held.query();
      held.release();
      await pool.query();
      await end();
    }),
  );

  test(
    "lets connections that are never given back keep nobody from the new credential over three rotations",
    fieldCase(kind, async () => {
      const { pool, rotate, end } = await service(server, { max: 2, drainTimeoutMs: 100 }, 40);
      const leaked = [await pool.hold(), await pool.hold()];
      for (let rotation = 0; rotation < 3; rotation++) {
        await rotate();
        await expect(Promise.all([pool.query(), pool.query(), pool.query()])).resolves.toHaveLength(3);
      }
      for (const { release } of leaked) release();
      await end();
    }),
  );
});

describe("the pool's own limit", () => {
  const server = duringTests(startPostgresForPools);

  test(
    "is not passed while both credentials have connections, and callers get theirs in their order",
    fieldCase(kind, async () => {
      const { pool, rotate, end } = await service(server, {}, 100);
      const held = await Promise.all(Array.from({ length: limit }, async () => pool.hold()));
      await rotate();
      const given: number[] = [];
      const asking = Array.from({ length: 3 * limit }, async (_, caller) => {
        const connection = await pool.hold();
        given.push(caller);
        return connection;
      });
      await wait(200);
      expect(given).toEqual([]);
      for (const [freed, { release }] of held.entries()) {
        release();
        await expect.poll(() => given.length, { timeout: 60_000 }).toBe(freed + 1);
      }
      for (let next = 0; next < asking.length; next++) (await asking[next])?.release();
      expect(given).toEqual([...given].sort((a, b) => a - b));
      await end();
    }),
  );

  test(
    "is seen in the counts, which are those of both credentials",
    fieldCase(kind, async () => {
      const user = await server.newUser(100);
      const client = fakeSecretClient({ [secretId]: server.secretOf(user) });
      await using pool = createRotatingPool({ client, secretId, pool: { max: 3 } });
      const counts = () => [pool.totalCount, pool.idleCount, pool.waitingCount];
      const held = [await pool.connect(), await pool.connect(), await pool.connect()];
      await client.rotate(secretId, server.secretOf(user));
      const asked = [pool.connect(), pool.connect()];
      expect(counts()).toEqual([3, 0, 2]);
      held[0]?.release();
      const first = await asked[0];
      await expect.poll(counts).toEqual([3, 0, 1]);
      first?.release();
      const second = await asked[1];
      second?.release();
      expect(counts()).toEqual([3, 1, 0]);
      for (const connection of held.slice(1)) connection.release();
      await expect.poll(counts).toEqual([1, 1, 0]);
      await client.close();
    }),
  );
});
