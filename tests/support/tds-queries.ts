import type { Catalog, KeptLogin, KeptUser } from "./tds-catalog.ts";

/** Who sends statements, and from which database. */
export interface Sender {
  readonly username: string;
  database: string;
}

/** The number of an error. */
export class Refused extends Error {
  readonly number: number;

  constructor(number: number) {
    super(String(number));
    this.number = number;
  }
}

export const text = String.raw`N'((?:[^']|'')*)'`;
export const plain = (quoted = ""): string => quoted.replaceAll("''", "'");
const textsIn = (list: string): readonly string[] =>
  [...list.matchAll(new RegExp(text, "gu"))].map(([, value]) => plain(value));

export const holds = (login: KeptLogin | undefined, permission: string): boolean =>
  login?.rights.some((held) => held.state !== "D" && [permission, "CONTROL SERVER"].includes(held.permission)) === true;

const rowOf = ({ roles, rights }: KeptLogin | KeptUser): object => ({
  roles: roles.size === 0 ? null : [...roles].sort().map((role) => ({ role })),
  permissions: rights.length === 0 ? null : rights,
});

/** What a query of rekey's asks for, by how it begins. */
export function rowsFor(catalog: Catalog, { username, database }: Sender, select: string): readonly object[] {
  const own = catalog.logins.get(username);
  const users = catalog.databases.get(database) ?? [];
  if (select.startsWith("SELECT CAST(SERVERPROPERTY(N'ProductVersion')")) {
    return [
      {
        version: "16.0.1000.6",
        isContained: own === undefined,
        isReadOnly: catalog.isReadOnly,
        mayAlterLogins: holds(own, "ALTER ANY LOGIN"),
        mayAlterUsers: holds(own, "ALTER ANY LOGIN"),
        seesDefinitions: holds(own, "VIEW ANY DEFINITION"),
        controlsServer: holds(own, "CONTROL SERVER"),
      },
    ];
  }
  const [, list = ""] = /\(([^()]*(?:'[^']*'[^()]*)*)\)$/u.exec(select) ?? [];
  if (select.startsWith("SELECT p.name, CONVERT(")) {
    const wanted = textsIn(select.slice(select.lastIndexOf(" IN (")));
    return [...catalog.logins.values()]
      .filter((login) => wanted.includes(login.name) && (login === own || holds(own, "VIEW ANY DEFINITION")))
      .map((login) => ({
        ...login,
        stored: undefined,
        isAdministrator: login.roles.has("sysadmin") || holds(login, "ALTER ANY LOGIN"),
        daysLeft: login.checksExpiration ? 20 : null,
        ...rowOf(login),
      }));
  }
  if (select.startsWith("SELECT d.name, "))
    return [...catalog.databases.keys()].map((one) => ({ name: one, isInReach: true, isReadOnly: false }));
  if (select.startsWith("SELECT u.name, CONVERT("))
    return users
      .filter(({ sid }) => list.includes(sid))
      .map((user) => ({ ...user, stored: undefined, ...rowOf(user) }));
  const [, prefix] =
    /^SELECT p\.name AS line FROM sys\.server_principals AS p WHERE LEFT\(p\.name, \d+\) = N'(\w+)'$/u.exec(select) ??
    [];
  if (prefix !== undefined) {
    return [...catalog.logins.keys()].filter((one) => one.startsWith(prefix)).map((line) => ({ line }));
  }
  if (select.includes(" FROM sys.dm_exec_query_stats AS ")) {
    if (!holds(own, "VIEW SERVER STATE")) throw new Refused(300);
    // Plans are kept of queries alone.
    return catalog.log
      .filter((line) => line.startsWith("SELECT "))
      .slice(-100)
      .map((line) => ({ line }));
  }
  throw new Refused(102);
}
