import mysql from "mysql2/promise";
import pg from "pg";
import { startPostgres } from "../../local/postgres/embedded-postgres.ts";
import type { Account, ServerCertificate } from "../../shared/testing/engine-contract/fixture.ts";
import { mariadbd, mysqld, startMysqlServer } from "./mysql-servers.ts";

/** A database as it is where one of AWS's sample functions rotates. */
export interface SampleDatabase {
  readonly host: string;
  readonly port: number;
  readonly admin: Account;
  /** A user that may read one table. */
  createUser(account: Account): Promise<void>;
  /** The user's alternate, with what the multi-user sample gives it. */
  createClone(first: string, account: Account): Promise<void>;
  /** Whether this account logs in and may read that table. */
  mayRead(account: Account): Promise<boolean>;
  stop(): Promise<void>;
}

export interface Sample {
  /** As AWS's samples write it. */
  readonly name: string;
  readonly functionName: string;
  readonly engine: string;
  readonly dbname: string;
  /** Its program is not here. */
  readonly absent: boolean;
  start(certificate: ServerCertificate): Promise<SampleDatabase>;
}

async function startPostgresSample(certificate: ServerCertificate): Promise<SampleDatabase> {
  const postgres = await startPostgres({ certificate });
  const { host, port, superuser, admin, stop } = postgres;
  await admin("CREATE TABLE orders (id int)");
  const create = ({ username, password }: Account): string =>
    `CREATE ROLE ${pg.escapeIdentifier(username)} LOGIN PASSWORD ${pg.escapeLiteral(password)}`;
  return {
    host,
    port,
    admin: superuser,
    async createUser(account) {
      await admin(`${create(account)}; GRANT SELECT ON orders TO ${pg.escapeIdentifier(account.username)}`);
    },
    async createClone(first, account) {
      const names = [first, account.username].map((name) => pg.escapeIdentifier(name));
      await admin(`${create(account)}; GRANT ${names.join(" TO ")}`);
    },
    async mayRead({ username: user, password }) {
      const client = new pg.Client({ host, port, database: "postgres", user, password });
      try {
        await client.connect();
        await client.query("SELECT id FROM orders");
        return true;
      } catch {
        return false;
      } finally {
        await client.end().catch(() => undefined);
      }
    },
    stop,
  };
}

const startMysqlSample =
  (product: "mariadb" | "mysql", binary = "") =>
  async (certificate: ServerCertificate): Promise<SampleDatabase> => {
    const server = await startMysqlServer(product, binary, { certificate });
    await server.admin("CREATE DATABASE shop", "CREATE TABLE shop.orders (id int)");
    const createUser = async ({ username, password }: Account): Promise<void> =>
      void (await server.admin(
        `CREATE USER ${mysql.escape(username)} IDENTIFIED BY ${mysql.escape(password)}`,
        `GRANT SELECT ON shop.* TO ${mysql.escape(username)}`,
      ));
    return {
      host: server.host,
      port: server.port,
      admin: server.superuser,
      createUser,
      createClone: async (_first, account) => createUser(account),
      async mayRead(account) {
        const connection = await server.connect(account).catch(() => undefined);
        if (connection === undefined) return false;
        try {
          await connection.query("SELECT id FROM shop.orders");
          return true;
        } catch {
          return false;
        } finally {
          await connection.end();
        }
      },
      stop: server.stop,
    };
  };

/** The databases of AWS's samples that rekey takes over from, single-user and multi-user each. */
export const samples: readonly Sample[] = [
  {
    name: "PostgreSQL",
    functionName: "rotate-postgres",
    engine: "postgres",
    dbname: "postgres",
    absent: false,
    start: startPostgresSample,
  },
  {
    name: "MariaDB",
    functionName: "rotate-mariadb",
    engine: "mariadb",
    dbname: "shop",
    absent: mariadbd === undefined,
    start: startMysqlSample("mariadb", mariadbd),
  },
  {
    name: "MySQL",
    functionName: "rotate-mysql",
    engine: "mysql",
    dbname: "shop",
    absent: mysqld === undefined,
    start: startMysqlSample("mysql", mysqld),
  },
];
