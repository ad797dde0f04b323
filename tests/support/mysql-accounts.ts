import mysql from "mysql2/promise";
import { quoteAccount } from "../../shared/engines/mysql-family/names.ts";
import {
  asItself,
  type AccountFacts,
  commonGivings,
  type Giving,
  grantsOf,
  propertiesOf,
  withoutName,
} from "./mysql-properties.ts";
import type { MysqlServer } from "./mysql-servers.ts";

const pairs = ["alternating-users"] as const;

/** What an account of MySQL may have beside name and password, by the name that a refusal gives it. */
const givings: Readonly<Record<string, Giving>> = {
  ...commonGivings,
  "REQUIRE SSL": [["ALTER USER <user> REQUIRE SSL"]],
  "PASSWORD HISTORY": [["ALTER USER <user> PASSWORD HISTORY 3 PASSWORD REUSE INTERVAL 365 DAY"]],
  "PASSWORD REQUIRE CURRENT": [["ALTER USER <user> PASSWORD REQUIRE CURRENT"]],
  "PASSWORD REQUIRE CURRENT OPTIONAL": [["ALTER USER <user> PASSWORD REQUIRE CURRENT OPTIONAL"]],
  FAILED_LOGIN_ATTEMPTS: [["ALTER USER <user> FAILED_LOGIN_ATTEMPTS 9 PASSWORD_LOCK_TIME UNBOUNDED"]],
  COMMENT: [["ALTER USER <user> COMMENT 'the shop''s \\\\ \"own\"'"]],
  ATTRIBUTE: [
    [`ALTER USER <user> ATTRIBUTE '{"team": "shop", "number": 12345678901234567890, "deep": {"a": [1, null]}}'`],
  ],
  sha256_password: [["ALTER USER <user> IDENTIFIED WITH sha256_password BY <password>"]],
  "default roles": [
    [
      "CREATE ROLE IF NOT EXISTS reader",
      "GRANT SELECT ON shop.* TO reader",
      "GRANT reader TO <user> WITH ADMIN OPTION",
      "ALTER USER <user> DEFAULT ROLE reader",
    ],
  ],
  "roles that are not default": [
    ["CREATE ROLE IF NOT EXISTS sometimes", "GRANT DELETE ON shop.* TO sometimes", "GRANT sometimes TO <user>"],
    pairs,
  ],
  "global rights": [
    ["GRANT PROCESS, SELECT ON *.* TO <user>", "GRANT BACKUP_ADMIN ON *.* TO <user> WITH GRANT OPTION"],
  ],
  "partial revokes": [
    ["SET GLOBAL partial_revokes = ON", "GRANT INSERT ON *.* TO <user>", "REVOKE INSERT ON shop.* FROM <user>"],
  ],
  "sibling accounts": [["CREATE USER <name>@'10.9.8.7' IDENTIFIED BY 'another'"], pairs],
};

const describe = (username: string): string => `
  SELECT JSON_OBJECT('host', Host, 'plugin', plugin, 'kind', LEFT(authentication_string, 3), 'tls', ssl_type,
    'cipher', CONVERT(ssl_cipher USING utf8mb4), 'limits', JSON_ARRAY(max_questions, max_updates, max_connections, max_user_connections),
    'life', password_lifetime, 'locked', account_locked, 'history', Password_reuse_history, 'reuse', Password_reuse_time,
    'requires', Password_require_current,
    'attributes', JSON_REMOVE(COALESCE(User_attributes, '{}'), '$.additional_password', '$.metadata.rekey')) AS said
    FROM mysql.user WHERE User = ${mysql.escape(username)} ORDER BY Host`;

/** Attributes beside the pair's record, and the ways of login without what is kept for them. */
const settled = (line: string): string =>
  line
    .replace(/ IDENTIFIED WITH '(\w+)' AS (?:<secret>|'(?:[^'\\]|\\[^]|'')*')/, " IDENTIFIED WITH $1")
    .replace(/ DEFAULT ROLE .*?(?= REQUIRE)/, "")
    .replace(/(?:, )?"rekey": \{[^}]*\}(?:(?<=\{"rekey"[^}]*\}), )?/, "")
    .replace(" ATTRIBUTE '{}'", "");

export const mysqlAccounts = (server: MysqlServer, passwordOf: (username: string) => string): AccountFacts => ({
  accountProperties: propertiesOf(server, givings, passwordOf),
  async describeAccount(username) {
    const account = quoteAccount({ user: username, host: "%" });
    const rows = [
      ...(await server.admin(describe(username))).map((row) => JSON.stringify(Object.values(row)[0])),
      ...grantsOf(await server.admin(`SHOW GRANTS FOR ${account}`)),
      ...(
        await server.admin(
          `SELECT DEFAULT_ROLE_USER, DEFAULT_ROLE_HOST FROM mysql.default_roles WHERE USER = ${mysql.escape(username)}`,
        )
      ).map((row) => JSON.stringify(row)),
      ...(
        await server.admin(
          `SELECT TABLE_NAME FROM information_schema.VIEWS WHERE DEFINER = ${mysql.escape(`${username}@%`)}`,
        )
      ).map((row) => JSON.stringify(row)),
    ];
    return rows.map((line) => withoutName(line, username));
  },
  async describeInEffect(account) {
    const [grants = [], own = [], roles = []] = await asItself(server, account, [
      "SHOW GRANTS",
      "SHOW CREATE USER CURRENT_USER()",
      "SELECT CURRENT_ROLE() AS roles",
    ]);
    const first = quoteAccount({ user: account.username.replace(/_clone$/, ""), host: "%" });
    const withoutFirst = (line: string): string =>
      account.username.endsWith("_clone") ? line.replace(new RegExp(`${first}, ?|, ?${first}`), "") : line;
    return [
      ...grantsOf(grants)
        .map(withoutFirst)
        .filter((line) => !line.startsWith(`GRANT ${first} TO`)),
      settled(String(Object.values(own[0] ?? {})[0])),
      `roles in force: ${withoutFirst(String(roles[0]?.["roles"])).replace(first, "NONE")}`,
    ].map((line) => withoutName(line, account.username));
  },
});
