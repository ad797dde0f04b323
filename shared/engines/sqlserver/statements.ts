import { createHash, randomBytes } from "node:crypto";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { RekeyError } from "../../errors/rekey-error.ts";

/** As QUOTENAME does. Errors: `account-unsupported`. */
export function quoteName(name: string): string {
  if (name !== "" && name.length <= 128 && name.isWellFormed()) return `[${name.replaceAll("]", "]]")}]`;
  throw new RekeyError("account-unsupported", {
    context: { property: "a name that no statement can hold" },
    hint: "a name on SQL Server has 1 to 128 characters: correct username in the secret, or rename what the user has rights on",
  });
}

export const quoteText = (text: string): string => `N'${text.replaceAll("'", "''")}'`;

/** What the server says that a SID is goes into statements. Errors: `server-misbehaved`. */
export function hexadecimal(sid: string): string {
  if (/^0x(?:[0-9A-F]{2}){1,85}$/i.test(sid)) return sid;
  throw new RekeyError("server-misbehaved", { context: { problem: "a SID of another form" } });
}

/** What SQL Server stores since 2012: a version, four bytes of salt, and SHA-512 of the password in UTF-16 with the salt. */
export function storedHash(password: SecretValue, salt = randomBytes(4)): string {
  const digest = createHash("sha512").update(password.reveal(), "utf16le").update(salt).digest("hex");
  return `0x0200${salt.toString("hex")}${digest}`.toUpperCase().replace("0X", "0x");
}

/** How a statement gives a login or a user its password: as a hash where the session may do that. */
export const passwordClause = (password: SecretValue, mayHash: boolean): string =>
  mayHash ? `PASSWORD = ${storedHash(password)} HASHED` : `PASSWORD = ${quoteText(password.reveal())}`;

/** A pair's alternate has this SID, which no other login has: by it rekey knows what it made. */
export const alternateSid = (firstSid: string): string =>
  `0x${createHash("sha256").update(`rekey alternate of ${firstSid.toLowerCase()}`).digest("hex").slice(0, 32).toUpperCase()}`;
