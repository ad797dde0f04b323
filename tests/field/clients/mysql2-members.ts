import { setTimeout as wait } from "node:timers/promises";
import type { Pool, PoolConnection } from "mysql2";
import { insides } from "./mysql2-options.ts";
import { ended, executed, outcome, recorded, row, rowsOf, soon, type Subject } from "./mysql2-subject.ts";
import type { Row } from "./surface.ts";

const given = async (pool: Pool): Promise<PoolConnection> =>
  new Promise((resolve, reject) =>
    pool.getConnection((error, connection) => (error === null ? resolve(connection) : reject(error))),
  );

/** Asks the pool for what it has to queue for, and waits until it is in the queue. */
async function queuedUp<Result>(
  pool: Pool,
  ask: () => Promise<Result>,
): Promise<{ readonly waiting: Promise<Result> }> {
  const queued = soon(pool, "enqueue");
  const waiting = ask();
  await queued;
  return { waiting };
}

const own = (pool: Pool): Readonly<Record<string, unknown>> => pool as unknown as Readonly<Record<string, unknown>>;
const lengths = (pool: Pool): readonly unknown[] =>
  ["_allConnections", "_freeConnections", "_connectionQueue"].map(
    (name) => (own(pool)[name] as { length: number }).length,
  );

/** What is not where and as whom to log in. */
function shown({ config }: ReturnType<typeof insides>): unknown {
  const { connectionConfig, ...rest } = config;
  const { pool, host, port, user, password, database, ssl, ...settings } = connectionConfig;
  return {
    rest,
    settings: JSON.parse(JSON.stringify(settings)) as unknown,
    types: [pool, host, port, user, password, database, ssl].map((one) => typeof one),
  };
}

export const memberRows: readonly Row<Subject>[] = [
  row("query: rows and fields by callback", ["query"], {}, async (pool) => [
    await rowsOf(pool, "SELECT ? + ? AS sum", [1, 2]),
    await rowsOf(pool, { sql: "SELECT ? AS a", values: [3], rowsAsArray: true }),
    await rowsOf(pool, "SELECT * FROM nowhere"),
    await rowsOf(pool, "SELECT"),
  ]),
  row("query: events of the command without a callback", ["query"], {}, async (pool) => {
    const seen: unknown[] = [];
    const query = pool.query("SELECT 1 AS one UNION SELECT 2");
    seen.push(query.constructor.name);
    query.on("fields", (fields: readonly { readonly name: string }[]) => seen.push(fields.map(({ name }) => name)));
    query.on("result", (result: unknown) => seen.push(result));
    await new Promise((resolve) => query.on("end", resolve));
    const failed = pool.query("SELECT * FROM nowhere");
    await new Promise<void>((resolve) => failed.on("error", (error) => resolve(void seen.push(error.message))));
    return seen;
  }),
  row("query: a stream of rows", ["query"], {}, async (pool) => {
    const rows: unknown[] = [];
    for await (const one of pool.query("SELECT 1 AS one UNION SELECT 2").stream()) rows.push(one);
    return rows;
  }),
  row("execute", ["execute"], {}, async (pool) => [
    await executed(pool, "SELECT ? + 1 AS sum", [1]),
    await executed(pool, "SELECT 2 AS two"),
    await executed(pool, "SELECT * FROM nowhere"),
    await executed(pool, "SELECT ? AS missing", []),
    await executed(pool, "SELECT ? AS undefined", [undefined]),
  ]),
  row(
    "getConnection, release, releaseConnection: counts and events",
    ["getConnection", "releaseConnection", "event connection", "event acquire", "event release"],
    {},
    async (pool) => {
      const seen = recorded(pool);
      const counts = [lengths(pool)];
      const first = await given(pool);
      counts.push(lengths(pool));
      first.release();
      counts.push(lengths(pool));
      const again = await given(pool);
      pool.releaseConnection(again);
      counts.push(lengths(pool));
      return [seen, counts, again === first, first.constructor.name];
    },
  ),
  row("a connection that was released twice, destroyed, ended", ["releaseConnection"], {}, async (pool) => {
    const counts: unknown[] = [];
    const first = await given(pool);
    first.release();
    first.release();
    counts.push(lengths(pool));
    const second = await given(pool);
    second.destroy();
    counts.push(lengths(pool));
    const third = await given(pool);
    const warned = new Promise((resolve) => third.once("warn", (warning: Error) => resolve(warning.message)));
    third.end();
    counts.push(lengths(pool), await warned);
    return counts;
  }),
  row("gracefulEnd: a connection's end closes it", ["gracefulEnd"], { gracefulEnd: true }, async (pool) => {
    const connection = await given(pool);
    const closed = new Promise((resolve) => connection.once("end", () => resolve("closed")));
    connection.end();
    return [lengths(pool), await closed];
  }),
  row(
    "enqueue: who waits is given the next connection",
    ["event enqueue", "connectionLimit"],
    { connectionLimit: 1 },
    async (pool) => {
      const seen = recorded(pool);
      const held = await given(pool);
      const { waiting } = await queuedUp(pool, async () => given(pool));
      const count = lengths(pool);
      held.release();
      const next = await waiting;
      next.release();
      return [seen, count, next === held, lengths(pool)];
    },
  ),
  row(
    "enqueue: after a destroyed connection a new one is made",
    ["event enqueue"],
    { connectionLimit: 1 },
    async (pool) => {
      const seen = recorded(pool);
      const held = await given(pool);
      const { waiting } = await queuedUp(pool, async () => given(pool));
      held.destroy();
      const next = await waiting;
      next.release();
      return [seen, next === held, lengths(pool)];
    },
  ),
  row("queueLimit: one too many", ["queueLimit"], { connectionLimit: 1, queueLimit: 1 }, async (pool) => {
    const held = await given(pool);
    const { waiting } = await queuedUp(pool, async () => given(pool));
    const refused = [
      await outcome(async () => given(pool)),
      await rowsOf(pool, "SELECT 1"),
      await executed(pool, "SELECT 1"),
    ];
    held.release();
    (await waiting).release();
    return refused;
  }),
  row(
    "waitForConnections: none is free",
    ["waitForConnections"],
    { connectionLimit: 1, waitForConnections: false },
    async (pool) => {
      const held = await given(pool);
      const refused = await outcome(async () => given(pool));
      held.release();
      return [refused, await rowsOf(pool, "SELECT 1 AS one")];
    },
  ),
  row(
    "escape, escapeId, format",
    ["escape", "escapeId", "format", "promise().escape", "promise().escapeId", "promise().format"],
    {},
    async (pool) =>
      [pool, pool.promise()].map((one) => [
        one.escape("it's"),
        one.escapeId("a.b"),
        one.format("?? = ?", ["a", { b: 1 }]),
      ]),
  ),
  row("config: each setting", ["config"], { connectionLimit: 3, timezone: "Z", rowsAsArray: true }, async (pool) => {
    await rowsOf(pool, "SELECT 1");
    return shown(insides(pool));
  }),
  row("config: printed with the password", ["config"], {}, async (pool) => {
    await rowsOf(pool, "SELECT 1");
    return "password" in (JSON.parse(JSON.stringify({ ...insides(pool).config.connectionConfig, pool: 0 })) as object);
  }),
  row("config: read for the user and the password", ["config"], {}, async (pool) => {
    await rowsOf(pool, "SELECT 1");
    const { user, password, database } = insides(pool).config.connectionConfig;
    return [user, password, database];
  }),
  row("a transaction, changeUser and reset on a connection", [], {}, async (pool) => {
    const connection = await pool.promise().getConnection();
    await connection.beginTransaction();
    await connection.query("INSERT INTO filled VALUES (99)");
    await connection.rollback();
    await connection.changeUser({ database: "information_schema" });
    const [rows] = await connection.query("SELECT DATABASE() AS name");
    await connection.reset();
    connection.release();
    return rows;
  }),
  row(
    "promise()",
    [
      "promise",
      "promise().pool",
      "promise().Promise",
      "promise().query",
      "promise().execute",
      "promise().getConnection",
      "promise().releaseConnection",
    ],
    {},
    async (pool) => {
      class Own<Value> extends Promise<Value> {}
      const promises = pool.promise(Own);
      const seen = recorded(promises as never);
      const connection = await promises.getConnection();
      promises.releaseConnection(connection);
      const asked = promises.query("SELECT 1");
      // One after the other, so that the order of events does not depend on how fast the server is.
      await asked;
      return [
        [promises.pool === (pool as unknown), promises.constructor.name, connection.constructor.name],
        asked instanceof Own,
        (await promises.query("SELECT ? AS a", [1]))[0],
        (await promises.execute("SELECT ? AS a", [1]))[0],
        await outcome(() => promises.query("SELECT 1", (() => 0) as never)),
        await outcome(async () => promises.query("SELECT * FROM nowhere")),
        seen,
      ];
    },
  ),
  row("end by callback, and twice", ["end"], {}, async (pool) => {
    await rowsOf(pool, "SELECT 1");
    const closed = [own(pool)["_closed"], await ended(pool), own(pool)["_closed"]];
    return [closed, await ended(pool)];
  }),
  row("end without a callback, before any connection", ["end"], {}, async (pool) => {
    const returned = pool.end();
    await wait(50);
    return [returned, own(pool)["_closed"]];
  }),
  row("end by promise, and twice", ["promise().end"], {}, async (pool) => {
    await rowsOf(pool, "SELECT 1");
    return [await pool.promise().end(), await outcome(async () => pool.promise().end())];
  }),
  row(
    "Symbol.dispose, promise()[Symbol.asyncDispose]",
    ["Symbol.dispose", "promise().Symbol.asyncDispose"],
    {},
    async (pool) => {
      await rowsOf(pool, "SELECT 1");
      await pool.promise()[Symbol.asyncDispose]();
      const afterwards = own(pool)["_closed"];
      pool[Symbol.dispose]();
      return afterwards;
    },
  ),
  row("after end", ["end"], {}, async (pool) => {
    await ended(pool);
    return [await outcome(async () => given(pool)), await rowsOf(pool, "SELECT 1")];
  }),
  row("end while a connection is in use", ["end"], {}, async (pool) => {
    const held = await given(pool);
    const ending = ended(pool);
    await wait(50);
    const answer = await outcome(async () => held.promise().query("SELECT 1 AS one"));
    held.release();
    await Promise.race([ending, wait(2_000)]);
    return answer;
  }),
  row("end while somebody waits", ["end"], { connectionLimit: 1 }, async (pool) => {
    const held = await given(pool);
    const { waiting } = await queuedUp(pool, async () =>
      outcome(async () => {
        const connection = await given(pool);
        connection.release();
        return connection.constructor.name;
      }),
    );
    const ending = ended(pool);
    held.release();
    const answer = await waiting;
    void ending;
    return answer;
  }),
];
