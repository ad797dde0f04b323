import { type ErrorContext, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import { ServerMisbehaved } from "../connecting/guarded-stream.ts";
import type { Connection } from "./connection.ts";
import { type Account, quoteText } from "./names.ts";

/** What both servers say of an account in `mysql.user`. */
export interface AccountRow extends Account {
  readonly plugin: string;
  readonly isAdministrator: number;
  readonly tls: string;
  readonly cipher: string;
  readonly issuer: string;
  readonly subject: string;
  readonly queries: number;
  readonly updates: number;
  readonly connections: number;
  readonly userConnections: number;
}

const text = (column: string, name: string): string => `CONVERT(${column} USING utf8mb4) AS ${name}`;

/**
 * Every account of these names. `more` adds columns that one server has. Errors: `database-rights-missing` for a session
 * that may not read `mysql.user`.
 */
export async function readAccounts<More = unknown>(
  connection: Connection,
  users: readonly string[],
  more: string,
  call: CallOptions,
): Promise<readonly (AccountRow & More)[]> {
  return connection.run<AccountRow & More>(
    "read accounts",
    `SELECT ${text("User", "user")}, ${text("Host", "host")}, plugin,
            Super_priv = 'Y' OR Create_user_priv = 'Y' AS isAdministrator,
            ssl_type AS tls, ${text("ssl_cipher", "cipher")}, ${text("x509_issuer", "issuer")},
            ${text("x509_subject", "subject")}, max_questions AS queries, max_updates AS updates,
            max_connections AS connections, max_user_connections AS userConnections${more}
       FROM mysql.user WHERE User IN (${users.map(quoteText).join(", ")})`,
    call,
  );
}

/** Errors: `account-unsupported`, as operators call what stands in the way. */
export const unsupported = (user: string, property: string, hint: string, more: ErrorContext = {}): RekeyError =>
  new RekeyError("account-unsupported", { context: { user, property, ...more }, hint });

/** A role of MariaDB has no host, and may have a user's name. */
export const accountsOf = <Row extends Account>(rows: readonly Row[], user: string): readonly Row[] =>
  rows.filter((row) => row.user === user && row.host !== "");

/**
 * The one account of this name. Errors: `account-unsupported` for several: which is meant cannot be known, and the others
 * would keep the old password.
 */
export function onlyAccount<Row extends Account>(rows: readonly Row[], user: string): Row | undefined {
  const [first, ...others] = accountsOf(rows, user);
  if (others.length === 0) return first;
  const hint =
    "several accounts have this name, for different hosts, and which of them is meant cannot be known: keep one, or rotate with single-user and an admin while the current password logs in";
  throw unsupported(user, "sibling accounts", hint, { accounts: others.length + 1 });
}

const tlsRequirement: Readonly<Record<string, string>> = { ANY: "SSL", X509: "X509" };

/** A number as a server's table holds it, for a statement. */
export function amount(value: unknown): string {
  const text = String(value);
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw new ServerMisbehaved("an account's limit is no number");
  return text;
}

const limits = [
  ["MAX_QUERIES_PER_HOUR", "queries"],
  ["MAX_UPDATES_PER_HOUR", "updates"],
  ["MAX_CONNECTIONS_PER_HOUR", "connections"],
  ["MAX_USER_CONNECTIONS", "userConnections"],
] as const;

/** The account's `REQUIRE` and its limits, as clauses for another account; `more`: limits that one server has. */
export function settingsOf(row: AccountRow, other: AccountRow | undefined, more: readonly string[] = []): string {
  const named = [
    ["SUBJECT", row.subject],
    ["ISSUER", row.issuer],
    ["CIPHER", row.cipher],
  ].filter(([, value]) => value !== "");
  const specified = named.map(([name, value = ""]) => `${name} ${quoteText(value)}`).join(" AND ");
  const requirement = row.tls === "SPECIFIED" ? specified : (tlsRequirement[row.tls] ?? "NONE");
  // One that neither has stays unsaid, as the server says it of the first.
  const said = limits
    .filter(([, of]) => [row, other].some((one) => (one?.[of] ?? 0) !== 0))
    .map(([name, of]) => `${name} ${amount(row[of])}`);
  const all = [...said, ...more];
  return `REQUIRE ${requirement}${all.length === 0 ? "" : ` WITH ${all.join(" ")}`}`;
}
