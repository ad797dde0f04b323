import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Connection, Row } from "./connection.ts";
import { quoteText } from "./names.ts";

/** What the server tells of a user. */
export interface Account {
  readonly isCommon: boolean;
  readonly hasPassword: boolean;
  readonly isInRollover: boolean;
  /** Whether its profile lets the replaced password log in for a while. */
  readonly rollsOver: boolean;
  readonly expiresAt: Date | undefined;
}

const expiry = `TO_CHAR(EXPIRY_DATE, 'YYYY-MM-DD"T"HH24:MI:SS')`;
const limit = "PASSWORD_ROLLOVER_TIME";

const ownAccount = `SELECT ACCOUNT_STATUS, COMMON, 'PASSWORD', ${expiry}, (SELECT LIMIT FROM USER_PASSWORD_LIMITS WHERE RESOURCE_NAME = '${limit}') FROM USER_USERS`;

const accountOf = (name: string): string =>
  [
    `SELECT ACCOUNT_STATUS, COMMON, AUTHENTICATION_TYPE, ${expiry}, DECODE(P.LIMIT, 'DEFAULT', D.LIMIT, P.LIMIT) FROM DBA_USERS U`,
    `LEFT JOIN DBA_PROFILES P ON P.PROFILE = U.PROFILE AND P.RESOURCE_NAME = '${limit}'`,
    `LEFT JOIN DBA_PROFILES D ON D.PROFILE = 'DEFAULT' AND D.RESOURCE_NAME = '${limit}'`,
    `WHERE U.USERNAME = ${quoteText(name)}`,
  ].join(" ");

const alterUser = "SELECT PRIVILEGE FROM SESSION_PRIVS WHERE PRIVILEGE = 'ALTER USER'";

function accountIn([status, common, authentication, expires, rollover]: Row): Account {
  return {
    isCommon: common === "YES",
    hasPassword: authentication === "PASSWORD",
    isInRollover: status?.includes("IN ROLLOVER") === true,
    rollsOver: Number(rollover) > 0,
    expiresAt: expires == null ? undefined : new Date(`${expires}Z`),
  };
}

/** `undefined` where there is no such user. Errors: `database-rights-missing` for a session that sees itself only. */
export async function readAccount(
  connection: Connection,
  name: string,
  call: CallOptions,
): Promise<Account | undefined> {
  const sql = name === connection.user ? ownAccount : accountOf(name);
  const [row] = await connection.query("read user", sql, call);
  return row === undefined ? undefined : accountIn(row);
}

/** Whether the session may set the password of others. */
export async function mayAlterUsers(connection: Connection, call: CallOptions): Promise<boolean> {
  return (await connection.query("read rights", alterUser, call)).length > 0;
}

const unsupported = (user: string, property: string, hint: string): RekeyError =>
  new RekeyError("account-unsupported", { context: { user, property }, hint });

/**
 * The user, as one whose password can be changed. Errors: `account-unsupported`, `credential-refused` where there is no such
 * user, `database-rights-missing`.
 */
export async function changeable(connection: Connection, name: string, call: CallOptions): Promise<Account> {
  if (name !== connection.user && !(await mayAlterUsers(connection, call))) {
    throw new RekeyError("database-rights-missing", {
      context: { user: name, missing: "ALTER USER" },
      hint: "GRANT ALTER USER TO the admin",
    });
  }
  const account = await readAccount(connection, name, call);
  if (account === undefined)
    throw new RekeyError("credential-refused", { context: { user: name, problem: "no such user" } });
  if (account.isCommon) {
    const hint = "a common user is changed in the root container for all of them: rekey rotates users of one database";
    throw unsupported(name, "common user", hint);
  }
  if (!account.hasPassword) {
    const hint =
      "the user does not log in by a password of the database (EXTERNAL, GLOBAL or NONE), so there is none to rotate";
    throw unsupported(name, "authentication type", hint);
  }
  return account;
}

/** Errors: `account-unsupported` for a user whose replaced password would stop at once. */
export function requireRollover(name: string, { rollsOver }: Account): void {
  if (rollsOver) return;
  const hint =
    "give the user a profile with PASSWORD_ROLLOVER_TIME above 0 (Oracle 19.12 and newer): ALTER PROFILE … LIMIT PASSWORD_ROLLOVER_TIME 7";
  throw unsupported(name, limit, hint);
}
