import { createHash } from "node:crypto";
import type { Credential } from "../../ports/database-engine.ts";

/**
 * What PostgreSQL and Redshift store in place of a password in the old form: `md5` and the MD5 of password and user name in
 * hexadecimal (Redshift Database Developer Guide, ALTER USER and CREATE USER, "md5hash"). It is not salted, so it must be kept
 * as the password is, but the text itself stays out of statements and logs.
 */
export const md5Password = ({ username, password }: Credential): string =>
  `md5${createHash("md5")
    .update(password.reveal() + username)
    .digest("hex")}`;
