import { createHash } from "node:crypto";
import { escapeIdentifier, escapeLiteral } from "pg";
import type { CallOptions, Credential } from "../../rotation/ports.ts";
import type { Connection } from "../postgres/connection.ts";

/**
 * What Redshift stores in place of a password: `md5` and the MD5 of password and user name in hexadecimal (Redshift
 * Database Developer Guide, ALTER USER and CREATE USER, "md5hash"). It is not salted, so it must be kept as the password
 * is, but the text itself stays out of statements and of STL and SYS tables.
 *
 * Not the `sha256|<digest>|<salt>` form: a user with it is asked for authentication method 13, which libpq and node-postgres
 * do not know (psycopg2 #1758, vscode-sqltools #1415), so services would be locked out.
 */
export const md5Password = ({ username, password }: Credential): string =>
  `md5${createHash("md5")
    .update(password.reveal() + username)
    .digest("hex")}`;

/** Errors: `database-rights-missing`, `database-failed`. */
export async function setPassword(connection: Connection, credential: Credential, call: CallOptions): Promise<void> {
  await connection.run(
    "set password",
    `ALTER USER ${escapeIdentifier(credential.username)} PASSWORD ${escapeLiteral(md5Password(credential))}`,
    call,
  );
}
