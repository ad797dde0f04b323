import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import { type AccountRow, readAccounts } from "../mysql-family/account.ts";
import type { Account } from "../mysql-family/names.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { nativeHash } from "../mysql-family/password-hashes.ts";
import { sha2Opens } from "./sha256-hash.ts";

type Member = Readonly<Record<string, unknown>>;

/** What `mysql.user` says of an account beyond what MariaDB says too. */
export interface MysqlRow extends AccountRow {
  /** What the server stores for the primary password, and for the one beside it. */
  readonly stored: string;
  readonly additional: string;
  readonly isSystem: boolean;
  readonly hasProxies: boolean;
  readonly isLocked: boolean;
  /** `null`: as the server says. */
  readonly lifetime: number | null;
  readonly history: number | null;
  readonly reuseDays: number | null;
  readonly requiresCurrent: string | null;
  /** Refused logins that lock the account, and for how many days; -1: until somebody unlocks it. */
  readonly lockAfter: number;
  readonly lockDays: number;
  /** The account's attributes and comment, as JSON. */
  readonly attributes: string;
  readonly mark: string | null;
}

const attribute = (path: string): string => `User_attributes->>'$.${path}'`;

const more = `, HEX(authentication_string) AS \`stored\`, HEX(${attribute("additional_password")}) AS additional,
            EXISTS (SELECT 1 FROM mysql.global_grants AS held WHERE held.USER = mysql.user.User
              AND held.HOST = mysql.user.Host AND held.PRIV = 'SYSTEM_USER') AS isSystem,
            EXISTS (SELECT 1 FROM mysql.proxies_priv AS held WHERE held.User = mysql.user.User
              AND held.Host = mysql.user.Host) AS hasProxies, account_locked = 'Y' AS isLocked, password_lifetime AS lifetime,
            Password_reuse_history AS history, Password_reuse_time AS reuseDays, Password_require_current AS requiresCurrent,
            COALESCE(${attribute("Password_locking.failed_login_attempts")}, 0) AS lockAfter,
            COALESCE(${attribute("Password_locking.password_lock_time_days")}, 0) AS lockDays,
            ${attribute("metadata")} AS attributes, ${attribute("metadata.rekey.alternateOf")} AS mark`;

const fromHex = (hex: unknown): string => (typeof hex === "string" ? Buffer.from(hex, "hex").toString() : "");

/** Every account of these names. Errors: `database-rights-missing`. */
export async function readMysqlAccounts(
  connection: Connection,
  users: readonly string[],
  call: CallOptions,
): Promise<readonly MysqlRow[]> {
  type Read = Omit<MysqlRow, "lockAfter" | "lockDays"> & Record<"lockAfter" | "lockDays", number | string>;
  const rows = await readAccounts<Read>(connection, users, more, call);
  return rows.map((row) => ({
    ...row,
    stored: fromHex(row.stored),
    additional: fromHex(row.additional),
    isSystem: Number(row.isSystem) === 1,
    hasProxies: Number(row.hasProxies) === 1,
    isLocked: Number(row.isLocked) === 1,
    lockAfter: Number(row.lockAfter),
    lockDays: Number(row.lockDays),
    attributes: row.attributes ?? "{}",
  }));
}

export function attributesOf({ attributes }: MysqlRow): Member {
  try {
    return (JSON.parse(attributes) ?? {}) as Member;
  } catch {
    throw new ServerMisbehaved("an account's attributes are no JSON");
  }
}

/** Whether the password is the one that the server stores so. */
export async function opens(
  plugin: string,
  stored: string,
  { password }: Credential,
  call: CallOptions,
): Promise<boolean> {
  if (plugin === "mysql_native_password") return stored.toUpperCase() === nativeHash(password);
  return sha2Opens(stored, password, call.signal);
}

/** The session's own account, as far as it may read it: never what is stored. */
export interface OwnAccount extends Account {
  readonly plugin: string;
  readonly requiresCurrent: string | null;
}

const identified = / IDENTIFIED WITH '([^']+)'/;
const required = / PASSWORD REQUIRE CURRENT(?: (OPTIONAL|DEFAULT))?/;

export async function readOwn(connection: Connection, call: CallOptions): Promise<OwnAccount> {
  const statement = "SHOW CREATE USER CURRENT_USER()";
  const [row] = await connection.run<Record<string, string>>("read own account", statement, call);
  const text = Object.values(row ?? {})[0] ?? "";
  const current = required.exec(text);
  const requiresCurrent = current === null || current[1] === "DEFAULT" ? null : current[1] === undefined ? "Y" : "N";
  return { ...connection.account, plugin: identified.exec(text)?.[1] ?? "", requiresCurrent };
}
