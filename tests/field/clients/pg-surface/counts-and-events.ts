import pg from "pg";
import { ask, counts, outcome, type PgRow, seenOf, soon, until } from "./subject.ts";

const events = ["connect", "acquire", "release", "remove", "error"] as const;

/** What the listeners are given, in their order. */
function heard(pool: pg.Pool): unknown[] {
  const seen: unknown[] = [];
  for (const event of events) {
    pool.on(event, (...given: readonly unknown[]) => {
      seen.push([
        event,
        ...given.map((one) =>
          one instanceof pg.Client ? "client" : one instanceof Error ? seenOf(one) : (one ?? null),
        ),
      ]);
    });
  }
  return seen;
}

const pidOf = async (client: pg.PoolClient): Promise<unknown> =>
  (await client.query<{ pid: number }>("SELECT pg_backend_pid() AS pid")).rows[0]?.pid;

export const countsAndEvents: readonly PgRow[] = [
  {
    name: "the counts, while clients come and go",
    covers: ["totalCount", "idleCount", "waitingCount", "expiredCount", "max"],
    async run({ make }) {
      const pool = make({ max: 2 });
      const seen = [counts(pool)];
      await pool.query("SELECT 1");
      seen.push(counts(pool));
      const clients = await Promise.all([pool.connect(), pool.connect()]);
      seen.push(counts(pool));
      const waiting = [pool.connect(), pool.connect()];
      seen.push(counts(pool));
      clients[0]?.release();
      await waiting[0];
      seen.push(counts(pool));
      clients[1]?.release();
      for (const one of waiting) (await one).release();
      seen.push(counts(pool));
      await pool.end();
      return [...seen, counts(pool)];
    },
  },
  {
    name: "the events of a query, of a client that is given back and of one that is not kept",
    covers: [...events],
    async run({ make }) {
      const pool = make();
      const seen = heard(pool);
      await pool.query("SELECT 1");
      (await pool.connect()).release(new Error("broken"));
      // The pool removes a client when its socket has ended.
      await until(() => seen.length >= 6);
      await pool.query("SELECT 1");
      await pool.end();
      await until(() => seen.length >= 10);
      return seen;
    },
  },
  {
    name: "the events of a wrong statement",
    covers: ["release"],
    async run({ make }) {
      const pool = make();
      const seen = heard(pool);
      await outcome(async () => pool.query("SELEC"));
      await until(() => seen.length >= 4);
      return seen;
    },
  },
  {
    name: "the event of an idle client that the server ends, which the pool replaces",
    covers: ["error"],
    async run({ make, admin }) {
      const pool = make();
      const client = await pool.connect();
      const pid = await pidOf(client);
      client.release();
      const seen = heard(pool);
      let isOfIt = false;
      pool.on("error", (error, lost) => (isOfIt = lost === client && Reflect.get(error, "client") === client));
      await admin("SELECT pg_terminate_backend($1)", [pid]);
      await until(() => seen.length >= 2);
      return [seen, isOfIt, await ask(pool, "SELECT 1 AS one"), pool.totalCount];
    },
  },
  {
    name: "a client that the server ends in the midst of a query",
    covers: ["error"],
    async run({ make, admin }) {
      const pool = make();
      const client = await pool.connect();
      const pid = await pidOf(client);
      client.on("error", () => undefined);
      const failed = outcome(async () => client.query("SELECT pg_sleep(20)"));
      await soon();
      await admin("SELECT pg_terminate_backend($1)", [pid]);
      const seen = await failed;
      client.release(true);
      return [seen, await ask(pool, "SELECT 1 AS one"), pool.totalCount];
    },
  },
  {
    name: "listeners that are taken off, or hear once",
    covers: ["connect"],
    async run({ make }) {
      const pool = make();
      const calls: string[] = [];
      const listener = (): void => void calls.push("on");
      pool.on("acquire", listener).once("acquire", () => calls.push("once"));
      await pool.query("SELECT 1");
      pool.off("acquire", listener);
      await pool.query("SELECT 1");
      return [calls, pool.listenerCount("acquire"), pool.eventNames()];
    },
  },
  {
    name: "notices and notifications of a client of the pool",
    covers: ["connect"],
    async run({ make }) {
      const pool = make();
      const client = await pool.connect();
      const seen: unknown[] = [];
      client.on("notice", ({ message }) => seen.push(message));
      client.on("notification", ({ channel, payload }) => seen.push([channel, payload]));
      await client.query("LISTEN orders");
      await client.query("DO $$ BEGIN RAISE NOTICE 'heard'; END $$");
      await pool.query("NOTIFY orders, 'paid'");
      await until(() => seen.length === 2);
      client.release(true);
      return seen;
    },
  },
];
