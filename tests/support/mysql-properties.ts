import mysql from "mysql2/promise";
import { quoteAccount } from "../../shared/engines/mysql-family/names.ts";
import type { Account, AccountProperty, EngineServer } from "../../shared/testing/engine-contract/fixture.ts";
import type { StrategyName } from "../../shared/rotation/rotation-policy.ts";
import type { MysqlServer } from "./mysql-servers.ts";

/** What a product says of its accounts, and how an operator gives them properties. */
export type AccountFacts = Required<Pick<EngineServer, "accountProperties" | "describeAccount" | "describeInEffect">>;

/** Statements for one user, with `<user>`, `<name>` and `<password>`, and the strategies that refuse what they do. */
export type Giving = readonly [statements: readonly string[], refusedBy?: readonly StrategyName[]];

type Row = Readonly<Record<string, unknown>>;

const textOf = (row: Row): string => String(Object.values(row)[0]);

/** The lines of `SHOW GRANTS`, without the password that MariaDB says in one of them. */
export const grantsOf = (rows: readonly Row[]): readonly string[] =>
  rows.map((row) => textOf(row).replace(/ IDENTIFIED (?:BY PASSWORD|VIA) .*?(?= REQUIRE| WITH|$)/, "")).toSorted();

export const withoutName = (line: string, username: string): string =>
  line.replaceAll(quoteAccount({ user: username, host: "%" }), "<user>").replaceAll(`\`${username}\``, "<user>");

export function propertiesOf(
  server: MysqlServer,
  givings: Readonly<Record<string, Giving>>,
  passwordOf: (username: string) => string,
): Readonly<Record<string, AccountProperty>> {
  return Object.fromEntries(
    Object.entries(givings).map(([property, [statements, refusedBy]]): [string, AccountProperty] => [
      property,
      {
        async give(username) {
          const account = quoteAccount({ user: username, host: "%" });
          const names = {
            "<user>": account,
            "<name>": mysql.escape(username),
            "<password>": mysql.escape(passwordOf(username)),
          };
          const filled = (statement: string): string =>
            Object.entries(names).reduce((text, [name, value]) => text.replaceAll(name, () => value), statement);
          await server.admin(...statements.map(filled));
        },
        ...(refusedBy === undefined ? {} : { refusedBy }),
      },
    ]),
  );
}

/** What every account has the same way on both products. */
export const commonGivings: Readonly<Record<string, Giving>> = {
  MAX_USER_CONNECTIONS: [["ALTER USER <user> WITH MAX_USER_CONNECTIONS 9"]],
  MAX_QUERIES_PER_HOUR: [
    ["ALTER USER <user> WITH MAX_QUERIES_PER_HOUR 900 MAX_UPDATES_PER_HOUR 800 MAX_CONNECTIONS_PER_HOUR 700"],
  ],
  "PASSWORD EXPIRE INTERVAL": [["ALTER USER <user> PASSWORD EXPIRE INTERVAL 90 DAY"]],
  "PASSWORD EXPIRE NEVER": [["ALTER USER <user> PASSWORD EXPIRE NEVER"]],
  "rights on a database": [["GRANT INSERT, UPDATE ON shop.* TO <user> WITH GRANT OPTION"]],
  "rights on a table": [
    ["CREATE TABLE IF NOT EXISTS shop.goods (id int, price int)", "GRANT DELETE ON shop.goods TO <user>"],
  ],
  "rights on columns": [
    [
      "CREATE TABLE IF NOT EXISTS shop.goods (id int, price int)",
      "GRANT UPDATE (id), REFERENCES (price) ON shop.goods TO <user>",
    ],
  ],
  "rights on a routine": [["CREATE OR REPLACE VIEW shop.none AS SELECT 1", "GRANT EXECUTE ON shop.* TO <user>"]],
  "what it defined": [["CREATE OR REPLACE DEFINER = <user> VIEW shop.defined AS SELECT 1 AS one"]],
};

/** Runs statements in a session of the account itself; none when it may not log in. */
export async function asItself(
  server: MysqlServer,
  account: Account,
  statements: readonly string[],
): Promise<readonly (readonly Row[])[]> {
  const connection = await server.connect(account);
  try {
    const answers: (readonly Row[])[] = [];
    for (const statement of statements) {
      const [rows] = await connection.query(statement);
      answers.push(rows as Row[]);
    }
    return answers;
  } finally {
    await connection.end();
  }
}
