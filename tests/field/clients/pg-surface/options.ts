import { createServer, Socket } from "node:net";
import pg from "pg";
import { listening } from "../../../support/listening.ts";
import { ask, authority, counts, outcome, type PgRow, soon, until } from "./subject.ts";

const withoutCredential = (options: object): object =>
  Object.fromEntries(Object.entries(options).filter(([name]) => !["user", "password", "port", "ssl"].includes(name)));

/** Settings that the server can be asked for. */
const shown: readonly (readonly [keyof pg.PoolConfig, pg.PoolConfig, string])[] = [
  ["statement_timeout", { statement_timeout: 4_321 }, "statement_timeout"],
  ["lock_timeout", { lock_timeout: 4_322 }, "lock_timeout"],
  [
    "idle_in_transaction_session_timeout",
    { idle_in_transaction_session_timeout: 4_323 },
    "idle_in_transaction_session_timeout",
  ],
  ["application_name", { application_name: "orders" }, "application_name"],
  ["fallback_application_name", { fallback_application_name: "fallback" }, "application_name"],
  ["options", { options: "-c search_path=shop" }, "search_path"],
  ["client_encoding", { client_encoding: "LATIN1" }, "client_encoding"],
];

export const options: readonly PgRow[] = [
  {
    name: "pool.options, of settings and of defaults",
    covers: ["options"],
    async run({ make }) {
      const pool = make({ max: 3, min: 1, maxUses: 7, application_name: "orders" });
      const other = make();
      return [withoutCredential(pool.options), withoutCredential(other.options)];
    },
  },
  {
    name: "pool.options.user",
    covers: ["options", "user"],
    run: async ({ make }) => Reflect.get(make().options, "user"),
  },
  ...shown.map(([name, settings, setting]): PgRow => ({
    name,
    covers: [name],
    run: async ({ make }) => ask(make(settings), `SELECT current_setting('${setting}') AS shown`),
  })),
  {
    name: "host, port and database",
    covers: ["host", "port", "database"],
    async run({ make }) {
      return [
        await ask(make({ database: "template1" }), "SELECT current_database() AS name"),
        await outcome(async () => make({ port: 1 }).connect()),
        await outcome(async () => make({ port: Number.NaN, host: "127.0.0.1" }).connect()),
        await outcome(async () => make({ host: "nowhere.invalid" }).connect()).then((seen) =>
          /ENOTFOUND|EAI_AGAIN/.test(JSON.stringify(seen)),
        ),
      ];
    },
  },
  {
    name: "max: callers wait in their order",
    covers: ["max"],
    async run({ make }) {
      const pool = make({ max: 1 });
      const order: number[] = [];
      await Promise.all(
        Array.from({ length: 5 }, async (_, caller) => {
          await pool.query("SELECT 1");
          order.push(caller);
        }),
      );
      return [order, counts(pool)];
    },
  },
  {
    name: "min and idleTimeoutMillis",
    covers: ["min", "idleTimeoutMillis"],
    async run({ make }) {
      const pool = make({ max: 3, min: 1, idleTimeoutMillis: 50 });
      const clients = await Promise.all([pool.connect(), pool.connect(), pool.connect()]);
      for (const client of clients) client.release();
      await until(() => pool.totalCount < 3);
      await soon(200);
      const none = make({ idleTimeoutMillis: 20 });
      await none.query("SELECT 1");
      await until(() => none.totalCount === 0);
      return [counts(pool), counts(none)];
    },
  },
  {
    name: "maxUses",
    covers: ["maxUses"],
    async run({ make }) {
      const pool = make({ maxUses: 2, max: 1 });
      const pids = new Set<unknown>();
      for (let query = 0; query < 6; query++)
        pids.add(JSON.stringify(await ask(pool, "SELECT pg_backend_pid() AS pid")));
      return [pids.size, pool.totalCount];
    },
  },
  {
    name: "maxLifetimeSeconds, and expiredCount",
    covers: ["maxLifetimeSeconds", "expiredCount"],
    async run({ make }) {
      const pool = make({ maxLifetimeSeconds: 0.1 });
      const client = await pool.connect();
      await until(() => pool.expiredCount === 1);
      const seen = counts(pool);
      client.release();
      return [seen, counts(pool)];
    },
  },
  {
    name: "connectionTimeoutMillis, where all clients are in use",
    covers: ["connectionTimeoutMillis"],
    async run({ make }) {
      const pool = make({ max: 1, connectionTimeoutMillis: 100 });
      const client = await pool.connect();
      const seen = await outcome(async () => pool.connect());
      client.release();
      return [seen, counts(pool), await ask(pool, "SELECT 1 AS one")];
    },
  },
  {
    name: "connectionTimeoutMillis, where the server is silent",
    covers: ["connectionTimeoutMillis"],
    async run({ make }) {
      await using silent = await listening(createServer());
      const pool = make({ port: silent.port, connectionTimeoutMillis: 200 });
      const seen = await outcome(async () => pool.connect());
      return [seen, counts(pool)];
    },
  },
  {
    name: "query_timeout",
    covers: ["query_timeout"],
    run: async ({ make }) => outcome(async () => make({ query_timeout: 50 }).query("SELECT pg_sleep(2)")),
  },
  {
    name: "types",
    covers: ["types"],
    async run({ make }) {
      const types = { getTypeParser: () => (text: string) => `parsed ${text}` } as unknown as pg.CustomTypesConfig;
      return ask(make({ types }), "SELECT 1 AS one, now() IS NULL AS missing");
    },
  },
  {
    name: "stream, keepAlive and keepAliveInitialDelayMillis",
    covers: ["stream", "keepAlive", "keepAliveInitialDelayMillis"],
    async run({ make }) {
      const kept: unknown[] = [];
      class Watched extends Socket {
        override setKeepAlive(...given: never[]): this {
          kept.push(given);
          return super.setKeepAlive(...given);
        }
      }
      const pool = make({ stream: () => new Watched(), keepAlive: true, keepAliveInitialDelayMillis: 4_321 });
      return [await ask(pool, "SELECT 1 AS one"), kept];
    },
  },
  {
    name: "ssl, as JavaScript gives it",
    covers: ["ssl"],
    async run({ make }) {
      const isEncrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
      const ca = authority.certificate;
      return [
        await ask(make({ ssl: { ca } }), isEncrypted),
        await ask(make({ ssl: { rejectUnauthorized: false } }), isEncrypted),
        await ask(make({ ssl: false }), isEncrypted),
        await ask(make({ ssl: { ca, checkServerIdentity: () => undefined } }), isEncrypted),
      ];
    },
  },
  {
    name: "ssl, with a certificate that cannot be verified",
    covers: ["ssl"],
    run: async ({ make }) => outcome(async () => make({ ssl: true }).connect()),
  },
  {
    name: "sslnegotiation",
    covers: ["sslnegotiation"],
    async run({ make }) {
      const settings: pg.PoolConfig = { sslnegotiation: "direct", ssl: { ca: authority.certificate } };
      return outcome(async () => make(settings).query("SELECT 1"));
    },
  },
  {
    name: "enableChannelBinding",
    covers: ["enableChannelBinding"],
    async run({ make }) {
      const settings: pg.PoolConfig = { enableChannelBinding: true, ssl: { ca: authority.certificate } };
      return outcome(async () => make(settings).query("SELECT 1"));
    },
  },
  {
    name: "pipeline",
    covers: ["pipeline"],
    async run({ make }) {
      const client = await make({ pipeline: true }).connect();
      const both = await Promise.all([ask(client, "SELECT 1 AS n"), ask(client, "SELECT 2 AS n")]);
      client.release();
      return [both, client.pipeline];
    },
  },
  {
    name: "log",
    covers: ["log"],
    async run({ make }) {
      const said = new Set<string>();
      const pool = make({ log: (...messages: readonly unknown[]) => void said.add(String(messages[0])) });
      await pool.query("SELECT 1");
      (await pool.connect()).release(true);
      return ["connecting new client", "new client connected", "dispatching query", "query dispatched"].map((text) =>
        said.has(text),
      );
    },
  },
  {
    name: "Promise",
    covers: ["Promise"],
    async run({ make }) {
      class Own<Result> extends Promise<Result> {}
      const pool = make({ Promise: Own as unknown as PromiseConstructorLike });
      const connecting = pool.connect();
      (await connecting).release();
      const ending = pool.end();
      await ending;
      return [connecting instanceof Own, ending instanceof Own, Reflect.get(pool, "Promise") === Own];
    },
  },
  {
    name: "Client",
    covers: ["Client"],
    async run({ make }) {
      class Own extends pg.Client {}
      const pool = make({ Client: Own });
      const client = await pool.connect();
      client.release();
      return [client instanceof Own, Reflect.get(pool, "Client") === Own];
    },
  },
  {
    name: "onConnect, which is waited for, and may fail",
    covers: ["onConnect"],
    async run({ make }) {
      // The driver waits for the promise; its types do not say so.
      const slow = (client: pg.ClientBase): unknown =>
        soon().then(async () => client.query("SET search_path = hooked"));
      const broken = (): unknown => Promise.reject(new Error("not today"));
      const pool = make({ onConnect: slow });
      const failing = make({ onConnect: broken });
      return [
        await ask(pool, "SELECT current_setting('search_path') AS path"),
        await outcome(async () => failing.query("SELECT 1")),
        counts(failing),
      ];
    },
  },
  {
    name: "verify, which may fail",
    covers: ["verify"],
    async run({ make }) {
      const verified: unknown[] = [];
      const pool = make({
        verify: (client, done) => {
          verified.push(client instanceof pg.Client);
          done();
        },
      });
      await pool.query("SELECT 1");
      await pool.query("SELECT 1");
      const failing = make({ verify: (_client, done) => done(new Error("not today")) });
      return [verified, await outcome(async () => failing.query("SELECT 1")), counts(failing)];
    },
  },
  ...(["user", "password", "connectionString"] as const).map((name): PgRow => ({
    name,
    covers: [name],
    async run({ make, login: { host, port, user, password } }) {
      const given = { user, password, connectionString: `postgres://${user}:${password}@${host}:${port}/postgres` };
      return outcome(async () => make({ [name]: given[name] }).query("SELECT 1"));
    },
  })),
  {
    name: "a wrong password",
    covers: ["password"],
    async run({ isDriver, make, admin }) {
      const pool = make(isDriver ? { password: "wrong" } : {});
      if (!isDriver) await admin("ALTER ROLE surface PASSWORD 'another'");
      const seen = await outcome(async () => pool.query("SELECT 1"));
      if (!isDriver) await admin("ALTER ROLE surface PASSWORD 'of the surface'");
      return seen;
    },
  },
];
