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
const native = "mysql_native_password USING";

/** What an account of MariaDB may have beside name and password, by the name that a refusal gives it. */
const givings: Readonly<Record<string, Giving>> = {
  ...commonGivings,
  MAX_STATEMENT_TIME: [["ALTER USER <user> WITH MAX_STATEMENT_TIME 12.5"]],
  "unix_socket OR a password": [[`ALTER USER <user> IDENTIFIED VIA unix_socket OR ${native} PASSWORD(<password>)`]],
  "a password OR unix_socket": [[`ALTER USER <user> IDENTIFIED VIA ${native} PASSWORD(<password>) OR unix_socket`]],
  ed25519: [["ALTER USER <user> IDENTIFIED VIA ed25519 USING PASSWORD(<password>)"]],
  "two plugins with a password": [
    [`ALTER USER <user> IDENTIFIED VIA ed25519 USING PASSWORD(<password>) OR ${native} PASSWORD(<password>)`],
  ],
  "a disabled password": [
    [`ALTER USER <user> IDENTIFIED VIA ${native} 'invalid' OR ed25519 USING PASSWORD(<password>)`],
  ],
  "default role": [
    [
      "CREATE ROLE IF NOT EXISTS reader",
      "GRANT SELECT ON shop.* TO reader",
      "GRANT reader TO rotator WITH ADMIN OPTION",
      "GRANT reader TO <user> WITH ADMIN OPTION",
      "SET DEFAULT ROLE reader FOR <user>",
    ],
  ],
  "roles that are not default": [
    [
      "CREATE ROLE IF NOT EXISTS sometimes",
      "GRANT DELETE ON shop.* TO sometimes",
      "GRANT sometimes TO rotator WITH ADMIN OPTION",
      "GRANT sometimes TO <user>",
    ],
  ],
  "global rights": [["GRANT PROCESS ON *.* TO <user>"]],
  "sibling accounts": [["CREATE USER <name>@'10.9.8.7' IDENTIFIED BY 'another'"], pairs],
};

const describe = (username: string): string => `
  SELECT Host, Priv AS priv FROM mysql.global_priv WHERE User = ${mysql.escape(username)} ORDER BY Host`;

/** What follows from a change of the password, or says nothing: a property that is as it is by default. */
const passing = new Set([
  "access",
  "version_id",
  "password_last_changed",
  "plugin",
  "authentication_string",
  "auth_or",
]);
const usual: Readonly<Record<string, unknown>> = {
  account_locked: false,
  default_role: "",
  password_lifetime: -1,
  ssl_cipher: "",
  x509_issuer: "",
  x509_subject: "",
};

/** The stored password as its kind. */
const kind = (stored: unknown): string =>
  /^(?:\*[0-9A-F]{40}|[A-Za-z0-9+/]{43})$/.test(String(stored)) ? "a hash" : String(stored);

type Member = Readonly<Record<string, unknown>>;

/** The ways of authentication in order, where two passwords by one plugin are one way. */
function waysOf(held: Member): readonly string[] {
  const all = (held["auth_or"] as readonly Member[] | undefined) ?? [{}];
  const ways = all.map((way) => (Object.keys(way).length === 0 ? held : way));
  return [...new Set(ways.map((way) => `${String(way["plugin"])} ${kind(way["authentication_string"])}`))];
}

function settled(priv: unknown): string {
  const held = (typeof priv === "string" ? JSON.parse(priv) : priv) as Member;
  const kept = Object.entries(held).filter(
    ([name, value]) => !passing.has(name) && value !== (name in usual ? usual[name] : 0),
  );
  return JSON.stringify({
    ...Object.fromEntries(kept.toSorted(([one], [other]) => one.localeCompare(other))),
    ways: waysOf(held),
  });
}

export const mariadbAccounts = (server: MysqlServer, passwordOf: (username: string) => string): AccountFacts => ({
  accountProperties: propertiesOf(server, givings, passwordOf),
  async describeAccount(username) {
    const rows = await server.admin(describe(username));
    const definers = `SELECT TABLE_NAME FROM information_schema.VIEWS WHERE DEFINER = ${mysql.escape(`${username}@%`)}`;
    return [
      ...rows.map(({ Host, priv }) => `${String(Host)} ${settled(priv)}`),
      ...grantsOf(await server.admin(`SHOW GRANTS FOR ${quoteAccount({ user: username, host: "%" })}`)),
      ...(await server.admin(definers)).map((row) => JSON.stringify(row)),
    ].map((line) => withoutName(line, username));
  },
  async describeInEffect(account) {
    const [roles = []] = await asItself(server, account, ["SELECT CURRENT_ROLE() AS role"]);
    const own = quoteAccount({ user: account.username, host: "%" });
    const [row] = await server.admin(describe(account.username));
    return [
      settled(row?.["priv"]),
      `role in force: ${String(roles[0]?.["role"])}`,
      ...grantsOf(await server.admin(`SHOW GRANTS FOR ${own}`)).filter(
        (line) => !line.includes("`rekey alternate of "),
      ),
    ].map((line) => withoutName(line, account.username));
  },
});
