import { RekeyError } from "../../errors/rekey-error.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { passwordLengthTag } from "../../tags/tag-names.ts";

const plainName = /^[a-z][a-z0-9_$#]*$/i;
const quotedName = /^"([^"\0]+)"$/;
/** Of Oracle 12.2 and newer; before, 30. */
const mostNameBytes = 128;
/** Of Oracle 23ai; before, 30. */
const mostPasswordBytes = 1_024;
/** What an Oracle before 23ai takes. */
const shortestLimit = 30;
const serviceName = /^[a-z0-9_$#.-]{1,255}$/i;

/**
 * The name as the server keeps it: as it stands between quotes, and else in upper case, as in a login and a statement. Errors:
 * `secret-malformed` for a name that Oracle would read as more than one, or as a proxy's.
 */
export function exactName(username: string): string {
  const name = plainName.test(username) ? username.toUpperCase() : quotedName.exec(username)?.[1];
  if (name !== undefined && name.isWellFormed() && Buffer.byteLength(name) <= mostNameBytes) return name;
  throw new RekeyError("secret-malformed", {
    context: { field: "username", problem: "not the name of a user" },
    hint: 'username is letters, digits, _, $ and #, in any case, or any other name of at most 128 bytes between double quotes: "orders-app"',
  });
}

/** Errors: `secret-malformed` for a text that would be more than a service's name in what the listener is asked for. */
export function requireService(dbname: string): string {
  if (serviceName.test(dbname)) return dbname;
  throw new RekeyError("secret-malformed", {
    context: { field: "dbname", problem: dbname === "" ? "missing" : "not the name of a service" },
    hint: "dbname is the service that services connect to, such as ORCL or orders.example.com",
  });
}

export const quoteName = (name: string): string => `"${name}"`;
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Errors: `account-unsupported` for a password that no statement can name: Oracle has no way to escape a quote in it. */
export function quotePassword(user: string, password: SecretValue): string {
  const text = password.reveal();
  if (/^[^"\0]+$/.test(text) && text.isWellFormed() && Buffer.byteLength(text) <= mostPasswordBytes) return `"${text}"`;
  throw new RekeyError("account-unsupported", {
    context: { user, property: "password" },
    hint: `Oracle takes no double quotes in a password, and at most ${shortestLimit} bytes before 23ai: see the tag ${passwordLengthTag}`,
  });
}
