/** What a pooler says in words of its own, or of the server's, in place of a SQLSTATE. */
export type PoolerAnswer =
  | "unencrypted"
  | "unknown database"
  | "closed database"
  | "no LOGIN"
  | "no CONNECT"
  | "host rule"
  | "other method"
  | "server refuses"
  | "pooler full"
  | "role full"
  | "database full"
  | "no connection left"
  | "pooler settings"
  | "server unavailable";

/**
 * The texts of PgBouncer 1.18 to 1.26, those of the server that 1.18 hands on without their SQLSTATE, and those known of
 * RDS Proxy, pgcat and hosted servers. A refusal in other words refuses the credential.
 */
const texts: readonly (readonly [RegExp, PoolerAnswer])[] = [
  [/pg_hba\.conf|login rejected|host based/, "host rule"],
  [/\b(?:SSL|TLS)\b.*\brequire|\brequire.*\b(?:SSL|TLS)\b|is insecure/i, "unencrypted"],
  [/no such database|database .* does not exist|no pool configured/i, "unknown database"],
  [/database .* is (?:disabled|not currently)/, "closed database"],
  [/not permitted to log in|^not allowed/, "no LOGIN"],
  [/permission denied for database/, "no CONNECT"],
  [/password authentication failed for user/, "server refuses"],
  [/authentication failed for user/, "other method"],
  [/no more connections|connections exceeded|query_wait_timeout/, "pooler full"],
  [/too many connections for role/, "role full"],
  [/too many connections for database/, "database full"],
  [/too many (?:connections|clients)|slots are reserved/, "no connection left"],
  [/password type|startup param|config error|not supported/, "pooler settings"],
  [
    /server (?:login|conn)|cannot connect|DNS|timeout|shut(?:ting)? ?down|starting up|recovery|memory|resources|disconnect/,
    "server unavailable",
  ],
];

/** `undefined`: the credential is refused. */
export const poolerAnswer = (message: string): PoolerAnswer | undefined =>
  texts.find(([text]) => text.test(message))?.[1];
