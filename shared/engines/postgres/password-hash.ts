import { createHash } from "node:crypto";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { Credential } from "../../ports/database-engine.ts";
import { scramVerifier } from "./scram-verifier.ts";
import { passwordHashTag } from "../../tags/tag-names.ts";

/** The forms in which PostgreSQL keeps a password, in the words of its setting `password_encryption`. */
const passwordHashes = ["scram-sha-256", "md5"] as const;
export type PasswordHash = (typeof passwordHashes)[number];

/** The form in this server's own word; `undefined` for none that is known. */
export const passwordHash = (word: string | null | undefined): PasswordHash | undefined =>
  passwordHashes.find((known) => known === word);

/** The form that the secret's tag asks for. Errors: `option-invalid`. */
export function wantedHash(options: ReadonlyMap<string, string>): PasswordHash | undefined {
  const raw = options.get(passwordHashTag);
  const wanted = passwordHash(raw);
  if (raw !== undefined && wanted === undefined) {
    throw new RekeyError("option-invalid", {
      context: { option: passwordHashTag },
      hint: `use one of ${passwordHashes.join(", ")}, or remove the tag: each user then keeps the form that it has`,
    });
  }
  return wanted;
}

/**
 * What PostgreSQL and Redshift store in place of a password in the old form: `md5` and the MD5 of password and user name in
 * hexadecimal (Redshift Database Developer Guide, ALTER USER and CREATE USER, "md5hash"). It is not salted, so it must be kept
 * as the password is, but the text itself stays out of statements and logs.
 */
export const md5Password = ({ username, password }: Credential): string =>
  `md5${createHash("md5")
    .update(password.reveal() + username)
    .digest("hex")}`;

/** What the server keeps in place of the password. */
export const hashedPassword = async (credential: Credential, hash: PasswordHash, iterations: number): Promise<string> =>
  hash === "md5" ? md5Password(credential) : scramVerifier(credential.password, iterations);
