import type { CallOptions } from "../../ports/call.ts";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { type AccountRow, readAccounts } from "../mysql-family/account.ts";
import type { Account } from "../mysql-family/names.ts";
import type { Connection } from "../mysql-family/connection.ts";

/** One of the ways of `IDENTIFIED VIA a OR b`, with what the server stores for it. */
export interface Alternative {
  readonly plugin: string;
  readonly stored: string;
}

export interface MariadbAccount extends Account {
  readonly alternatives: readonly Alternative[];
}

export interface MariadbRow extends AccountRow, MariadbAccount {
  readonly defaultRole: string;
  /** Seconds; the driver gives decimals as text. */
  readonly statementTime: number | string;
  /** Days that a password lives; 0: for ever, negative: as long as the server says. */
  readonly lifetime: number;
  readonly isLocked: boolean;
}

const more = `, default_role AS defaultRole, max_statement_time AS statementTime,
            (SELECT CONVERT(Priv USING utf8mb4) FROM mysql.global_priv AS held
              WHERE held.User = mysql.user.User AND held.Host = mysql.user.Host) AS priv`;

type Member = Readonly<Record<string, unknown>>;

/** JSON as text, or as the driver has read it already. */
export function parsedJson(value: unknown): unknown {
  try {
    return typeof value === "string" ? JSON.parse(value) : value;
  } catch {
    throw new ServerMisbehaved("an account's properties are no JSON");
  }
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const alternativeOf = ({ plugin, authentication_string: stored }: Member): Alternative => ({
  plugin: textOf(plugin) === "" ? "mysql_native_password" : textOf(plugin),
  stored: textOf(stored),
});

/** The member `auth_or` lists the alternatives in order; its empty one stands for that of the top level. */
function alternativesOf(held: Member): readonly Alternative[] {
  const others = held["auth_or"];
  if (!Array.isArray(others)) return [alternativeOf(held)];
  return others.map((one: Member) => alternativeOf(Object.keys(one).length === 0 ? held : one));
}

/** Every account of these names. Errors: `database-rights-missing`. */
export async function readMariadbAccounts(
  connection: Connection,
  users: readonly string[],
  call: CallOptions,
): Promise<readonly MariadbRow[]> {
  const rows = await readAccounts<MariadbRow & { readonly priv: unknown }>(connection, users, more, call);
  return rows.map(({ priv, ...row }) => {
    const held = (parsedJson(priv) ?? {}) as Member;
    return {
      ...row,
      alternatives: alternativesOf(held),
      lifetime: Number(held["password_lifetime"] ?? -1),
      isLocked: held["account_locked"] === true,
    };
  });
}

const head = /^CREATE USER `(?:[^`]|``)*`@`(?:[^`]|``)*`/;
const byPassword = /^ IDENTIFIED BY PASSWORD '([^']*)'/;
const via = /(?:^ IDENTIFIED VIA| OR) (\w+)(?: USING '((?:[^']|'')*)')?/y;

/** The session's own account, which it may always read. */
export async function readOwn(connection: Connection, call: CallOptions): Promise<MariadbAccount> {
  const statement = "SHOW CREATE USER CURRENT_USER()";
  const [row] = await connection.run<Record<string, string>>("read own account", statement, call);
  const rest = (Object.values(row ?? {})[0] ?? "").replace(head, "");
  const [, hash] = byPassword.exec(rest) ?? [];
  const alternatives: Alternative[] = [];
  via.lastIndex = 0;
  for (let one = via.exec(rest); one !== null; one = via.exec(rest)) {
    const [, plugin = "", stored = ""] = one;
    alternatives.push({ plugin, stored: stored.replaceAll("''", "'") });
  }
  const plain = { plugin: "mysql_native_password", stored: hash ?? "" };
  return { ...connection.account, alternatives: alternatives.length === 0 ? [plain] : alternatives };
}
