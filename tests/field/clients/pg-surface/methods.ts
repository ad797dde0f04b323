import pg from "pg";
import { ask, counts, outcome, type PgRow, seenOf, soon } from "./subject.ts";

const kindsOf = (values: readonly unknown[]): readonly unknown[] =>
  values.map((value) =>
    value instanceof pg.Client ? "client" : value instanceof Error ? seenOf(value) : (value ?? null) && typeof value,
  );

export const methods: readonly PgRow[] = [
  {
    name: "a pool is an instance of pg.Pool",
    covers: ["Client", "Promise", "log"],
    async run({ make }) {
      const pool = make();
      return [
        pool instanceof pg.Pool,
        Reflect.get(pool, "Client") === pg.Client,
        Reflect.get(pool, "Promise") === Promise,
        typeof Reflect.get(pool, "log"),
      ];
    },
  },
  {
    name: "connect, with a promise",
    covers: ["connect"],
    async run({ make }) {
      const pool = make();
      const client = await pool.connect();
      const seen = [client instanceof pg.Client, await ask(client, "SELECT 1 AS one"), counts(pool)];
      client.release();
      return [...seen, counts(pool)];
    },
  },
  {
    name: "connect, with a callback",
    covers: ["connect"],
    async run({ make }) {
      const pool = make();
      return new Promise((resolve) => {
        const returned: unknown = pool.connect((...given) => {
          const [, client, done] = given;
          done();
          resolve([kindsOf(given), client === undefined, returned, counts(pool)]);
        });
      });
    },
  },
  {
    name: "connect, with a callback, to a database that is not there",
    covers: ["connect"],
    run: async ({ make }) =>
      new Promise((resolve) => {
        make({ database: "nope" }).connect((...given) => resolve(kindsOf(given)));
      }),
  },
  {
    name: "query, in each form that has a promise",
    covers: ["query"],
    async run({ make }) {
      const pool = make();
      const results = [
        await pool.query("SELECT 1 AS n"),
        await pool.query("SELECT $1::int AS n", [2]),
        await pool.query({ text: "SELECT $1::int AS n", values: [3] }),
        await pool.query({ text: "SELECT $1::int AS n" }, [4]),
        await pool.query({ text: "SELECT 5 AS n", rowMode: "array" }),
        await pool.query({ name: "sixth", text: "SELECT 6 AS n" }),
        await pool.query("SELECT 7 AS n; SELECT 8 AS n"),
        await pool.query(""),
      ];
      return results
        .flat()
        .map(({ rows, rowCount, command, fields }) => [rows, rowCount, command, fields.map(({ name }) => name)]);
    },
  },
  {
    name: "query, in each form that has a callback",
    covers: ["query"],
    async run({ make }) {
      const pool = make();
      const seen = async (start: (callback: (...given: readonly unknown[]) => void) => unknown): Promise<unknown> =>
        new Promise((resolve) => {
          const returned = start((error, result) =>
            resolve([
              error === undefined || error === null ? error : seenOf(error),
              Reflect.get(Object(result), "rows") as unknown,
              returned,
            ]),
          );
        });
      return [
        await seen((callback) => pool.query("SELECT 1 AS n", callback)),
        await seen((callback) => pool.query("SELECT $1::int AS n", [2], callback)),
        await seen((callback) => pool.query({ text: "SELECT 3 AS n" }, callback)),
        await seen((callback) => pool.query("SELEC", callback)),
      ];
    },
  },
  {
    name: "query, with a Submittable",
    covers: ["query"],
    async run({ make }) {
      const pool = make();
      const rows: unknown[] = [];
      const query = new pg.Query<{ n: number }>("SELECT n FROM generate_series(1, 3) n");
      query.on("row", (row) => rows.push(row));
      await (pool.query(query) as unknown as Promise<unknown>);
      return [rows, counts(pool)];
    },
  },
  {
    name: "a Submittable in the form of a cursor, on a client of the pool",
    covers: ["query"],
    async run({ make }) {
      const pool = make();
      const client = await pool.connect();
      const events: string[] = [];
      const inner = new pg.Query("SELECT 1");
      // As pg-cursor and pg-query-stream: an object of one's own with `submit` and the handlers of messages.
      const cursor = Object.create(inner) as pg.Query;
      cursor.submit = (connection) => {
        events.push("submitted");
        inner.submit.call(cursor, connection);
      };
      await new Promise<void>((resolve) => {
        inner.once("end", () => resolve());
        cursor.once("end", () => resolve());
        client.query(cursor);
      });
      client.release();
      return [events, counts(pool)];
    },
  },
  {
    name: "query, with a function in place of a text",
    covers: ["query"],
    run: async ({ make }) => outcome(async () => make().query((() => undefined) as never)),
  },
  {
    name: "query, with a wrong statement: its connection is not kept",
    covers: ["query"],
    async run({ make }) {
      const pool = make();
      const seen = await outcome(async () => pool.query("SELEC"));
      return [seen, pool.totalCount, await ask(pool, "SELECT 1 AS one")];
    },
  },
  {
    name: "release: once, with true, with an error, twice",
    covers: ["release"],
    async run({ make }) {
      const pool = make();
      const seen: unknown[] = [];
      for (const how of [undefined, true, false, new Error("broken")]) {
        const client = await pool.connect();
        client.release(how);
        seen.push(counts(pool));
      }
      const client = await pool.connect();
      client.release();
      seen.push(await outcome(() => client.release()));
      return seen;
    },
  },
  {
    name: "end, with a promise",
    covers: ["end", "ending", "ended"],
    async run({ make }) {
      const pool = make();
      await pool.query("SELECT 1");
      const before = [pool.ending, pool.ended];
      const result: unknown = await pool.end();
      return [before, pool.ending, pool.ended, result, counts(pool)];
    },
  },
  {
    name: "end, with a callback",
    covers: ["end"],
    async run({ make }) {
      const pool = make();
      await pool.query("SELECT 1");
      let returned: unknown;
      const given = await new Promise((resolve) => {
        returned = pool.end((...all: readonly unknown[]) => resolve(all));
      });
      return [given, returned, pool.ended];
    },
  },
  {
    name: "end, while a client is in use",
    covers: ["end", "ending", "ended"],
    async run({ make }) {
      const pool = make();
      const client = await pool.connect();
      const order: unknown[] = [];
      const ending = pool.end().then(() => order.push("ended"));
      order.push([pool.ending, pool.ended]);
      await soon();
      order.push(await ask(client, "SELECT 1 AS one"));
      client.release();
      await ending;
      return [order, pool.ended];
    },
  },
  {
    name: "end, twice",
    covers: ["end"],
    async run({ make }) {
      const pool = make();
      const first = outcome(async () => pool.end());
      return [
        await outcome(async () => pool.end()),
        await first,
        await new Promise((resolve) => {
          pool.end(((...given: readonly unknown[]) => resolve(given.map(seenOf))) as () => void);
        }),
      ];
    },
  },
  {
    name: "connect after end",
    covers: ["connect", "end"],
    async run({ make }) {
      const pool = make();
      await pool.end();
      return outcome(async () => pool.connect());
    },
  },
  {
    name: "query after end",
    covers: ["query", "end"],
    async run({ make }) {
      const pool = make();
      await pool.end();
      return outcome(async () => pool.query("SELECT 1"));
    },
  },
  {
    name: "newClient",
    covers: ["newClient"],
    run: async ({ make }) =>
      new Promise((resolve) => {
        const callback = (error: unknown, client?: pg.PoolClient): void => {
          client?.release();
          resolve(error === undefined);
        };
        (make() as unknown as { newClient(item: { callback: typeof callback }): void }).newClient({ callback });
      }),
  },
];
