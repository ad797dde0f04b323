import { randomUUID } from "node:crypto";
import pg from "pg";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import { createRotatingPool as createMysqlPool } from "../../shared/client/pools/mysql2/rotating-pool.ts";
import { createRotatingPool as createPgPool } from "../../shared/client/pools/pg/rotating-pool.ts";
import type { Rotating, RotatingOptions } from "../../shared/client/pools/rotating-options.ts";
import type { Account } from "../../shared/testing/engine-contract/fixture.ts";
import { mariadbd, mysqld, startMysqlServer } from "./mysql-servers.ts";

/** A connection that a service holds. */
export interface Held {
  query(): Promise<void>;
  release(): void;
}

/** A rotating pool of either driver, as far as both do the same. */
export interface ServicePool {
  query(): Promise<void>;
  hold(): Promise<Held>;
  end(): Promise<void>;
  readonly versionId: string | undefined;
  readonly refusedLogins: number;
  onDrained(listener: () => void): void;
  /** Calls it at each event of a connection. */
  onEach(listener: () => void): void;
}

export interface PoolOptions extends RotatingOptions {
  readonly max: number;
  readonly connectMs?: number;
}

/** A real server, its users, and rekey's pool for its driver. */
export interface PoolServer {
  /** A user that may have so many connections at once. */
  newUser(limit: number): Promise<Account>;
  /** By an admin, while its connections stay. */
  changePassword(user: Account, password?: string): Promise<Account>;
  /** The fields of a secret of this user. */
  secretOf(user: Account): Readonly<Record<string, unknown>>;
  pool(options: PoolOptions): ServicePool;
  stop(): Promise<void>;
}

/** What both drivers' pools do alike, with what each does in its own way. */
const servicePool = (
  pool: Rotating & Pick<ServicePool, "onDrained">,
  own: Pick<ServicePool, "query" | "hold" | "onEach">,
): ServicePool => ({
  ...own,
  end: async () => pool[Symbol.asyncDispose](),
  get versionId() {
    return pool.versionId;
  },
  get refusedLogins() {
    return pool.refusedLogins;
  },
  onDrained: (listener) => pool.onDrained(listener),
});

const fresh = (prefix: string): string => `${prefix}_${randomUUID().slice(0, 8)}`;

export async function startPostgresForPools(): Promise<PoolServer> {
  const postgres = await startPostgres();
  const { host, port } = postgres;
  return {
    async newUser(limit) {
      const user = { username: fresh("app"), password: fresh("first") };
      await postgres.admin(`CREATE ROLE ${user.username} LOGIN PASSWORD '${user.password}' CONNECTION LIMIT ${limit}`);
      return user;
    },
    async changePassword({ username }, password = fresh("next")) {
      await postgres.admin(`ALTER ROLE ${username} PASSWORD ${pg.escapeLiteral(password)}`);
      return { username, password };
    },
    secretOf: (user) => ({ engine: "postgres", host, port, ...user, dbname: "postgres", ssl: false }),
    pool({ max, connectMs, ...options }) {
      const pool = createPgPool({
        ...options,
        pool: { max, ...(connectMs === undefined ? {} : { connectionTimeoutMillis: connectMs }) },
      });
      return servicePool(pool, {
        query: async () => void (await pool.query("SELECT pg_sleep(0.002)")),
        async hold() {
          const client = await pool.connect();
          return {
            query: async () => void (await client.query("SELECT 1")),
            release: () => client.release(),
          };
        },
        onEach(listener) {
          for (const event of ["connect", "acquire", "release", "remove"] as const) pool.on(event, listener);
        },
      });
    },
    stop: async () => postgres.stop(),
  };
}

async function startMysqlForPools(product: "mariadb" | "mysql", binary: string): Promise<PoolServer> {
  const server = await startMysqlServer(product, binary);
  const { host, port } = server;
  return {
    async newUser(limit) {
      const user = { username: fresh("app"), password: fresh("first") };
      await server.admin(
        `CREATE USER ${user.username} IDENTIFIED BY '${user.password}' WITH MAX_USER_CONNECTIONS ${limit}`,
      );
      return user;
    },
    async changePassword({ username }, password = fresh("next")) {
      await server.admin(`ALTER USER ${username} IDENTIFIED BY '${password}'`);
      return { username, password };
    },
    // MySQL takes a new password by TLS only, and makes itself a certificate.
    secretOf: (user) => ({ engine: product, host, port, ...user, ssl: product === "mysql" ? "require" : false }),
    pool({ max, connectMs, ...options }) {
      const pool = createMysqlPool({
        ...options,
        pool: { connectionLimit: max, ...(connectMs === undefined ? {} : { connectTimeout: connectMs }) },
      });
      const promises = pool.promise();
      return servicePool(pool, {
        query: async () => void (await promises.query("SELECT SLEEP(0.002)")),
        async hold() {
          const connection = await promises.getConnection();
          return {
            query: async () => void (await connection.query("SELECT 1")),
            release: () => connection.release(),
          };
        },
        onEach(listener) {
          pool.on("connection", listener).on("acquire", listener).on("release", listener);
        },
      });
    },
    stop: async () => server.stop(),
  };
}

/** Each server, by name; `absent`: its program is not here. */
export const poolServers = [
  { name: "PostgreSQL", absent: false, start: startPostgresForPools },
  { name: "MariaDB", absent: mariadbd === undefined, start: async () => startMysqlForPools("mariadb", mariadbd ?? "") },
  { name: "MySQL", absent: mysqld === undefined, start: async () => startMysqlForPools("mysql", mysqld ?? "") },
];
