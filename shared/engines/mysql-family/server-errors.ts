import type { ErrorCode } from "../../errors/codes.ts";
import type { LoginRefusal } from "../../ports/database-engine.ts";
import { passwordCharsetTag, passwordLengthTag } from "../../tags/tag-names.ts";

/** What a server's error number means, and what to do about it where that is more than the code's own hint says. */
export interface Cause {
  readonly code: ErrorCode;
  readonly hint?: string;
  /** What stands in the way, by the name that operators know. */
  readonly property?: string;
}

const policy = `the server's password policy refuses the password: let the tags ${passwordLengthTag} and ${passwordCharsetTag} make such as it takes, or relax the policy (MySQL: validate_password.*, MariaDB: simple_password_check_* and cracklib)`;

/** Error numbers of MySQL and MariaDB (their error references); MariaDB's own begin at 1900 and 4000, ProxySQL's at 9000. */
const causes: Readonly<Record<number, Cause>> = {
  1040: { code: "database-busy", hint: "all of max_connections are in use: raise it, or find who holds them" },
  1044: { code: "database-rights-missing" },
  1045: { code: "credential-refused" },
  1047: { code: "database-busy", hint: "the Galera node does not take statements: look at wsrep_local_state_comment" },
  1049: { code: "database-unknown" },
  1053: { code: "database-busy" },
  1129: { code: "credential-refused" },
  1130: { code: "credential-refused" },
  1142: { code: "database-rights-missing" },
  1143: { code: "database-rights-missing" },
  1159: { code: "connection-lost" },
  1161: { code: "connection-lost" },
  1184: {
    code: "database-failed",
    hint: "the server's init_connect fails for this user: correct it (SELECT @@global.init_connect)",
  },
  1203: {
    code: "database-busy",
    hint: "the user has as many connections as max_user_connections allows: raise it for the account or the server, one above what the service's pools use",
  },
  1205: { code: "database-locked" },
  1213: { code: "database-locked" },
  1226: {
    code: "database-busy",
    hint: "a limit of the account is used up (MAX_USER_CONNECTIONS, or one by the hour): ALTER USER … WITH a higher one, or wait",
  },
  1227: { code: "database-rights-missing" },
  1251: { code: "account-unsupported", property: "authentication plugin" },
  1290: { code: "database-read-only" },
  1370: { code: "database-rights-missing" },
  1410: { code: "database-rights-missing" },
  1524: {
    code: "account-unsupported",
    property: "authentication plugin",
    hint: "the server has not loaded the plugin that the account authenticates by (MySQL 8.4: --mysql-native-password=ON); load it, or give the account another",
  },
  1698: { code: "database-rights-missing" },
  1699: { code: "account-unsupported", property: "authentication plugin" },
  1792: { code: "database-read-only" },
  1819: { code: "account-unsupported", property: "password policy", hint: policy },
  1820: { code: "credential-expired" },
  1836: { code: "database-read-only" },
  1862: { code: "credential-expired" },
  1874: { code: "database-read-only" },
  1927: { code: "connection-lost" },
  1969: { code: "database-locked" },
  3024: { code: "database-timeout" },
  3032: { code: "database-busy", hint: "the server is in offline_mode, which lets only administrators in" },
  3118: { code: "credential-refused" },
  3159: {
    code: "tls-refused",
    hint: "the server takes no connection without TLS (require_secure_transport): set ssl to true in the secret",
  },
  3169: { code: "connection-lost" },
  3638: {
    code: "account-unsupported",
    property: "PASSWORD HISTORY",
    hint: "the account's history (PASSWORD HISTORY, PASSWORD REUSE INTERVAL) refuses a password that it had; rotate again for a new one, or give the secret an admin",
  },
  3891: { code: "credential-refused" },
  3892: {
    code: "account-unsupported",
    property: "PASSWORD REQUIRE CURRENT",
    hint: "the user may change its password only by naming the current one (password_require_current), which no stored version is; give the secret an admin",
  },
  3955: { code: "credential-refused" },
  4031: { code: "connection-lost" },
  4150: { code: "credential-refused" },
  4151: { code: "credential-refused" },
  9001: { code: "database-unreachable", hint: "ProxySQL reaches no server of the user's hostgroup" },
};

/** Numbers that mean something else before the session is there. */
const causesAtLogin: Readonly<Record<number, Cause>> = {
  1044: {
    code: "database-unknown",
    hint: "the secret's dbname does not exist, or the user, or the admin, has no right in it",
  },
  1698: { code: "credential-refused" },
};

const adminsRights: Readonly<Record<string, string>> = {
  "copy grants": "the admin needs every right of the first user WITH GRANT OPTION, and its roles WITH ADMIN OPTION",
  "grant the first user": "GRANT ROLE_ADMIN ON *.* TO <admin>",
  "grant roles": "GRANT ROLE_ADMIN ON *.* TO <admin>",
  "set default role": "the admin needs ROLE_ADMIN (MySQL), or UPDATE ON mysql.* (MariaDB)",
};
const changingAccounts =
  "give the secret an admin, or that admin the right: GRANT CREATE USER ON *.* and SELECT ON mysql.*; on MySQL also SYSTEM_USER where the user has it";

/** What the number means when it comes of this operation. */
export function causeOf(errno: number, operation: string): Cause {
  const cause = (operation === "log in" ? causesAtLogin[errno] : undefined) ?? causes[errno];
  if (cause === undefined) return { code: "database-failed", hint: `look up error ${errno} in the server's reference` };
  if (cause.code !== "database-rights-missing" || cause.hint !== undefined) return cause;
  return { ...cause, hint: adminsRights[operation] ?? changingAccounts };
}

export interface Refused {
  readonly refusal: LoginRefusal;
  readonly hint?: string;
}

/** A refused login. */
const refusals: Readonly<Record<number, Refused>> = {
  1045: { refusal: "bad-credential" },
  1129: {
    refusal: "login-not-allowed",
    hint: "the server shuts the host out after too many broken connections (max_connect_errors): FLUSH HOSTS, or TRUNCATE performance_schema.host_cache",
  },
  1130: {
    refusal: "login-not-allowed",
    hint: "no account on the server may come from the address of the function: CREATE USER …@'<its subnet>'",
  },
  1698: { refusal: "login-not-allowed", hint: "the account authenticates by more or something else than a password" },
  1820: {
    refusal: "expired",
    hint: "the password has expired: ALTER USER … IDENTIFIED BY the one in AWSCURRENT, then PASSWORD EXPIRE NEVER or an interval longer than the rotation's",
  },
  1862: {
    refusal: "expired",
    hint: "the password has expired: ALTER USER … IDENTIFIED BY the one in AWSCURRENT, then PASSWORD EXPIRE NEVER or an interval longer than the rotation's",
  },
  3118: { refusal: "login-not-allowed", hint: "the account is locked: ALTER USER … ACCOUNT UNLOCK" },
  3955: {
    refusal: "login-not-allowed",
    hint: "the account is locked after too many refused logins (FAILED_LOGIN_ATTEMPTS): ALTER USER … ACCOUNT UNLOCK, or wait PASSWORD_LOCK_TIME",
  },
  4150: {
    refusal: "login-not-allowed",
    hint: "the account is shut out after too many refused logins (max_password_errors): FLUSH PRIVILEGES",
  },
  4151: { refusal: "login-not-allowed", hint: "the account is locked: ALTER USER … ACCOUNT UNLOCK" },
};

export const refusedBy = (errno: number | undefined): Refused | undefined =>
  errno === undefined ? undefined : refusals[errno];
