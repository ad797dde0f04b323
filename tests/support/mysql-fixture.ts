import mysql from "mysql2/promise";
import { quoteAccount } from "../../shared/engines/mysql-family/account.ts";
import type { Account, EngineServer, SecretFields } from "../../shared/testing/engine-contract/fixture.ts";
import type { MysqlServer } from "./mysql-servers.ts";

/** What the two products do in ways of their own. */
export interface Product {
  /** The secret's members. */
  fields(server: MysqlServer): SecretFields;
  /** Further clauses of CREATE USER. */
  readonly clauses?: string;
  /** What every user is granted beside one right, after its name. */
  readonly grants: readonly string[];
  /** The admin's rights. */
  readonly adminGrants: readonly string[];
  readonly readOnly: string;
  lockOutAfter?(server: MysqlServer, refusals: number): Promise<void>;
  /** Statements as the server keeps them beside its log. */
  readonly statements?: string;
}

const admin: Account = { username: "rotator", password: "rotator-password" };
const nameOf = (username: string): string => quoteAccount({ user: username, host: "%" });

/** A server for the engine contract. */
export async function contractServer(server: MysqlServer, product: Product): Promise<EngineServer> {
  const passwords = new Map<string, string>();
  const connect = async ({ username: user, password }: Account): Promise<mysql.Connection> =>
    mysql.createConnection({ host: server.host, port: server.port, user, password, ssl: { ca: server.ca } });
  const until = async (impose: string, relieve: string): Promise<AsyncDisposable> => {
    await server.admin(impose);
    return { [Symbol.asyncDispose]: async () => void (await server.admin(relieve)) };
  };
  const whileOpen = async (account: Account, statement: string): Promise<AsyncDisposable> => {
    const connection = await connect(account);
    await connection.query(statement);
    return { [Symbol.asyncDispose]: async () => connection.end() };
  };
  await server.admin(
    "CREATE DATABASE shop",
    `CREATE USER ${admin.username} IDENTIFIED BY '${admin.password}'`,
    ...product.adminGrants.map((grant) => `GRANT ${grant} TO ${admin.username} WITH GRANT OPTION`),
  );
  const identified = (username: string): string => `IDENTIFIED BY ${mysql.escape(passwords.get(username))}`;

  return {
    host: server.host,
    port: server.port,
    fields: product.fields(server),
    unknownDatabase: { dbname: "nope" },
    admin,
    async createUser({ username, password }) {
      passwords.set(username, password);
      const name = nameOf(username);
      await server.admin(
        `CREATE USER ${name} ${identified(username)} ${product.clauses ?? ""}`,
        ...product.grants.map((grant) => `GRANT ${grant} TO ${name}`),
      );
      return {};
    },
    async accepts(account) {
      const connection = await connect(account).catch(() => undefined);
      await connection?.end();
      return connection !== undefined;
    },
    async logs() {
      const kept = product.statements === undefined ? [] : await server.admin(product.statements);
      return `${await server.log()}\n${JSON.stringify(kept)}`;
    },
    failedLogins: async () => (await server.log()).split("Access denied for user").length - 1,
    hardships: {
      locked: async () => whileOpen(server.superuser, "FLUSH TABLES WITH READ LOCK"),
      async busy(username) {
        await server.admin(`ALTER USER ${nameOf(username)} WITH MAX_USER_CONNECTIONS 1`);
        return whileOpen({ username, password: passwords.get(username) ?? "" }, "DO 1");
      },
      "read-only": async () => until(`SET GLOBAL ${product.readOnly} = 1`, "SET GLOBAL read_only = 0"),
      expired: async (username) =>
        until(
          `ALTER USER ${nameOf(username)} PASSWORD EXPIRE`,
          `ALTER USER ${nameOf(username)} ${identified(username)}`,
        ),
    },
    ...(product.lockOutAfter === undefined
      ? {}
      : { lockOutAfter: async (refusals: number) => product.lockOutAfter?.(server, refusals) }),
    stop: async () => server.stop(),
  };
}
