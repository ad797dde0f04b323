import { connect } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { Pool, PoolOptions } from "mysql2";
import { executed, outcome, row, rowsOf, type Subject } from "./mysql2-subject.ts";
import type { Row } from "./surface.ts";

interface Insides {
  readonly config: { readonly connectionConfig: Readonly<Record<string, unknown>> } & Readonly<Record<string, unknown>>;
  readonly _freeConnections: { readonly length: number };
}
export const insides = (pool: Pool): Insides => pool as unknown as Insides;

/** One setting: how the pool's configuration shows it, and what these statements then give. */
const option = (name: keyof PoolOptions, value: unknown, ...statements: readonly unknown[]): Row<Subject> =>
  row(`option ${name}: ${nameOf(value)}`, [name], { [name]: value }, async (pool) => {
    const { config } = insides(pool);
    const seen: unknown[] = [config.connectionConfig[name] ?? config[name]];
    for (const statement of statements.length === 0 ? ["SELECT 1 AS one"] : statements)
      seen.push(await (Array.isArray(statement) ? rowsOf(pool, ...statement) : rowsOf(pool, statement)));
    return seen;
  });

const nameOf = (value: unknown): string =>
  typeof value === "function" ? "a function" : (JSON.stringify(value) ?? "undefined");

const moment = new Date(Date.UTC(2026, 0, 2, 3, 4, 5));
const big = "SELECT CAST(9007199254740993 AS UNSIGNED) AS big, CAST(1.5 AS DECIMAL(4,2)) AS tenth";
const dates = "SELECT TIMESTAMP '2026-01-02 03:04:05' AS moment, DATE '2026-01-02' AS day";
const json = "SELECT JSON_OBJECT('a', 1) AS json";
const twice = "SELECT 1 AS a; SELECT 2 AS b";
const joined = "SELECT one.a, two.a FROM (SELECT 1 AS a) AS one JOIN (SELECT 2 AS a) AS two";

export const optionRows: readonly Row<Subject>[] = [
  option("namedPlaceholders", true, ["SELECT :a AS a, :b AS b", { a: 1, b: "x" }]),
  row("option namedPlaceholders, prepared", ["namedPlaceholders"], { namedPlaceholders: true }, async (pool) =>
    executed(pool, "SELECT :a AS a", { a: 1 }),
  ),
  option("rowsAsArray", true, "SELECT 1 AS a, 2 AS b"),
  option("nestTables", true, joined),
  option("nestTables", "_", joined),
  option("timezone", "+09:00", dates, ["SELECT ? AS moment", [moment]]),
  option("timezone", "Z", dates, ["SELECT ? AS moment", [moment]]),
  row("option timezone, in escape and format", ["timezone"], { timezone: "+09:00" }, async (pool) => [
    pool.escape(moment),
    pool.format("?", [moment]),
    pool.promise().escape(moment),
    pool.promise().format("?", [moment]),
  ]),
  option("dateStrings", true, dates),
  option("dateStrings", ["DATE"], dates),
  option("typeCast", false, big),
  option("typeCast", (field: { readonly name: string }, next: () => unknown) => [field.name, next()], big),
  option("supportBigNumbers", true, big),
  row(
    "option bigNumberStrings",
    ["bigNumberStrings"],
    { supportBigNumbers: true, bigNumberStrings: true },
    async (pool) => rowsOf(pool, big),
  ),
  option("decimalNumbers", true, big),
  option("stringifyObjects", true, ["SELECT ? AS text", [{ a: 1 }]]),
  row(
    "option stringifyObjects, in escape and format",
    ["stringifyObjects"],
    { stringifyObjects: true },
    async (pool) => [pool.escape({ a: 1 }), pool.format("?", [{ a: 1 }])],
  ),
  option("queryFormat", (sql: string) => sql.replace("$", "41 + 1"), ["SELECT $ AS answer", ["x"]]),
  option("jsonStrings", true, json),
  option("multipleStatements", true, twice),
  option("multipleStatements", false, twice),
  option("flags", ["-FOUND_ROWS"], "UPDATE things SET a = 1 WHERE a = 1"),
  option("flags", [], "UPDATE things SET a = 1 WHERE a = 1"),
  option("charset", "LATIN1_SWEDISH_CI", "SELECT @@character_set_client AS charset", "SELECT 'é' AS text"),
  option("charsetNumber", 45, "SELECT @@character_set_client AS charset"),
  option(
    "infileStreamFactory",
    () => Readable.from([Buffer.from("7\n8\n")]),
    { sql: "LOAD DATA LOCAL INFILE 'x' INTO TABLE filled (a)" },
    "SELECT COUNT(*) > 0 AS filled FROM filled",
  ),
  option("database", "information_schema", "SELECT DATABASE() AS name"),
  option("host", "localhost"),
  option("localAddress", "127.0.0.1"),
  option("connectTimeout", 5_000),
  option("insecureAuth", true),
  option("debug", false),
  option("trace", false, "SELECT * FROM nowhere"),
  option("enableKeepAlive", false),
  option("keepAliveInitialDelay", 1_000),
  option("compress", true, "SELECT REPEAT('a', 2000) AS many"),
  option("connectAttributes", { program: "orders" }),
  option("maxPreparedStatements", 2),
  option("disableEval", true, big),
  option("enableCleartextPlugin", true),
  option("authPlugins", {}),
  option("authSwitchHandler", undefined),
  option("gracefulEnd", true),
  option("isServer", undefined),
  option("password2", "unused"),
  option("password3", "unused"),
  option("Promise", Promise),
  option("resetOnRelease", true, "SET @kept = 1", "SELECT @kept AS kept"),
  option("waitForConnections", false),
  option("connectionLimit", 2),
  option("connectionLimit", 0),
  option("queueLimit", 3),
  row(
    "option maxIdle, idleTimeout: idle connections are closed",
    ["maxIdle", "idleTimeout"],
    { maxIdle: 0, idleTimeout: 1 },
    async (pool) => {
      await rowsOf(pool, "SELECT 1");
      const before = insides(pool)._freeConnections.length;
      while (insides(pool)._freeConnections.length > 0) await wait(50);
      return [before, await rowsOf(pool, "SELECT 1 AS again")];
    },
  ),
  {
    name: "option stream: each connection is one of its",
    covers: ["stream"],
    async run({ open, port }) {
      let made = 0;
      const pool = open({
        stream: () => {
          made++;
          return connect(port, "127.0.0.1");
        },
      });
      const rows = await rowsOf(pool, "SELECT 1 AS one");
      pool.end();
      return [made, rows];
    },
  },
  {
    name: "option socketPath: by the server's socket",
    covers: ["socketPath"],
    async run({ open, socketPath }) {
      const pool = open({ socketPath });
      const rows = await rowsOf(pool, "SELECT SUBSTRING_INDEX(USER(), '@', -1) AS host");
      pool.end();
      return rows;
    },
  },
  {
    name: "option port: where nothing listens",
    covers: ["port"],
    async run({ open }) {
      const pool = open({ port: 1 });
      const refused = await rowsOf(pool, "SELECT 1");
      pool.end();
      return refused;
    },
  },
  ...[true, false].map((verifies): Row<Subject> => ({
    name: `option ssl: a CA, ${verifies ? "and nothing about the server's name" : "verifyIdentity: false"}`,
    covers: ["ssl"],
    async run({ open, certificate }) {
      const pool = open({ ssl: { ca: certificate, ...(verifies ? {} : { verifyIdentity: false }) } });
      const rows = await rowsOf(pool, "SHOW STATUS LIKE 'Ssl_version'");
      pool.end();
      return rows;
    },
  })),
  {
    name: "option ssl: another CA",
    covers: ["ssl"],
    async run({ open }) {
      const pool = open({ ssl: {} });
      const refused = (await rowsOf(pool, "SELECT 1")) as { readonly value?: unknown };
      pool.end();
      return "value" in refused;
    },
  },
  {
    name: "option ssl: not an object",
    covers: ["ssl"],
    run: async ({ open }) => outcome(() => open({ ssl: true as never })),
  },
  {
    name: "option charset: unknown",
    covers: ["charset"],
    run: async ({ open }) => outcome(() => open({ charset: "nope" })),
  },
  ...(["user", "password", "password1", "passwordSha1", "uri"] as const).map((name): Row<Subject> => ({
    name: `option ${name}: the service's own`,
    covers: [name],
    run: async ({ open }) =>
      outcome(async () => {
        const pool = open({
          [name]: name === "uri" ? "mysql://someone@127.0.0.1:1/" : Buffer.from("someone").toString(),
        });
        await ended(pool);
        return "made";
      }),
  })),
];

const ended = async (pool: Pool): Promise<void> => pool.promise().end();
