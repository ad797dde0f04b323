import mysql from "mysql2/promise";
import { quoteAccount } from "../../shared/engines/mysql-family/names.ts";
import type { Account, EngineServer, SecretFields } from "../../shared/testing/engine-contract/fixture.ts";
import { mysqlAccounts } from "./mysql-accounts.ts";
import type { AccountFacts } from "./mysql-properties.ts";
import type { MysqlServer } from "./mysql-servers.ts";

/** What the two products do in ways of their own. */
export interface Product {
  /** The secret's members. */
  readonly fields: SecretFields;
  /** How the next user is locked out after so many refused logins; undefined: never. */
  lockOut(refusals: number | undefined): { readonly clause?: string; readonly statements?: readonly string[] };
  /** Holds up every change of a user's account. */
  readonly lock: string;
  /** What every user is granted beside one right, after its name. */
  readonly grants: readonly string[];
  /** The admin's rights. */
  readonly adminGrants: readonly string[];
  readonly readOnly: string;
  /** Whether a change of a password leaves a second one alone. */
  readonly discardsOld: boolean;
  /** Statements as the server keeps them beside its log. */
  readonly statements?: string;
  /** What its accounts may be like. */
  accounts?(server: MysqlServer, passwordOf: (username: string) => string): AccountFacts;
}

/** MySQL as `contractServer` needs it; its users log in over verified TLS or not at all. */
export const mysqlProduct = (sslrootcert: string): Product => ({
  fields: { engine: "mysql", dbname: "", ssl: true, sslrootcert },
  grants: ["SELECT ON shop.*", "APPLICATION_PASSWORD_ADMIN ON *.*"],
  adminGrants: ["CREATE USER ON *.*", "ROLE_ADMIN ON *.*", "PROCESS ON *.*", "SELECT ON mysql.*"],
  readOnly: "super_read_only",
  discardsOld: true,
  accounts: mysqlAccounts,
  lock: "LOCK TABLES mysql.user READ",
  lockOut: (refusals = 0) => ({ clause: `FAILED_LOGIN_ATTEMPTS ${refusals} PASSWORD_LOCK_TIME 1` }),
  statements: "SELECT SQL_TEXT FROM performance_schema.events_statements_history_long",
});

const admin: Account = { username: "rotator", password: "rotator-password" };

/** The servers keep names in three-byte UTF-8, and strip spaces from their ends. */
const kept = (username: string): string => username.replaceAll(/[\u{10000}-\u{10FFFF}]/gu, "†").trim();
const nameOf = (username: string): string => quoteAccount({ user: kept(username), host: "%" });

/** A connection of a client's, until it is disposed. */
export async function holdMysql(
  { host, port }: EngineServer,
  { username, password }: Account,
): Promise<AsyncDisposable> {
  const ssl = { rejectUnauthorized: false };
  const connection = await mysql
    .createConnection({ host, port, user: kept(username), password, ssl })
    .catch(async () => mysql.createConnection({ host, port, user: kept(username), password }));
  return { [Symbol.asyncDispose]: async () => connection.end() };
}

/** A server for the engine contract. */
export async function contractServer(server: MysqlServer, product: Product): Promise<EngineServer> {
  const passwords = new Map<string, string>();
  let lockOutNext: number | undefined;
  const until = async (impose: string, relieve: string): Promise<AsyncDisposable> => {
    await server.admin(impose);
    return { [Symbol.asyncDispose]: async () => void (await server.admin(relieve)) };
  };
  /** Until it is disposed, and the server has noticed. */
  const whileOpen = async (account: Account, statement: string): Promise<AsyncDisposable> => {
    const connection = await server.connect(account);
    await connection.query(statement);
    const look = `SELECT id FROM information_schema.processlist WHERE id = ${connection.threadId}`;
    return {
      async [Symbol.asyncDispose]() {
        await connection.end();
        while ((await server.admin(look)).length > 0);
      },
    };
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
    fields: product.fields,
    unknownDatabase: { dbname: "nope" },
    admin,
    ...product.accounts?.(server, (username) => passwords.get(username) ?? ""),
    async createUser({ username, password }) {
      passwords.set(username, password);
      const name = nameOf(username);
      const { clause = "", statements = [] } = product.lockOut(lockOutNext);
      lockOutNext = undefined;
      await server.admin(
        ...statements,
        `CREATE USER ${name} ${identified(username)} ${clause}`,
        ...product.grants.map((grant) => `GRANT ${grant} TO ${name}`),
      );
      return { username: kept(username) };
    },
    async changePassword({ username, password }) {
      const name = nameOf(username);
      await server.admin(`ALTER USER ${name} IDENTIFIED BY ${mysql.escape(password)}`);
      if (product.discardsOld) await server.admin(`ALTER USER ${name} DISCARD OLD PASSWORD`);
    },
    async accepts(account) {
      const { username, password } = account;
      const connection = await server.connect({ username: kept(username), password }).catch(() => undefined);
      await connection?.end();
      return connection !== undefined;
    },
    async logs() {
      const kept = product.statements === undefined ? [] : await server.admin(product.statements);
      return `${await server.log()}\n${JSON.stringify(kept)}`;
    },
    failedLogins: async () => (await server.log()).split("Access denied for user").length - 1,
    hardships: {
      locked: async () => whileOpen(server.superuser, product.lock),
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
    async lockOutAfter(refusals) {
      lockOutNext = refusals;
    },
    stop: async () => server.stop(),
  };
}
