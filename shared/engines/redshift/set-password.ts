import { escapeIdentifier, escapeLiteral } from "pg";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import type { Connection } from "../postgres/connection.ts";
import { md5Password } from "../postgres/password-hash.ts";

/**
 * Sets a user's password in the md5 form. Not in the `sha256|<digest>|<salt>` form: a user with it is asked for authentication
 * method 13, which libpq and node-postgres do not know (psycopg2 #1758, vscode-sqltools #1415), so services would be locked out.
 * Errors: `database-rights-missing`, `database-failed`.
 */
export async function setPassword(connection: Connection, credential: Credential, call: CallOptions): Promise<void> {
  await connection.run(
    "set password",
    `ALTER USER ${escapeIdentifier(credential.username)} PASSWORD ${escapeLiteral(md5Password(credential))}`,
    call,
  );
}
