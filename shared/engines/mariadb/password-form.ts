import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import { unsupported } from "../mysql-family/account.ts";
import { quoteText } from "../mysql-family/names.ts";
import type { Connection } from "../mysql-family/connection.ts";
import { ed25519Hash, nativeHash } from "../mysql-family/password-hashes.ts";
import { errorNumber } from "../mysql-family/translate-error.ts";
import type { Facts } from "./product.ts";

/** How the server takes passwords: by their hash, unless it wants to check each one itself. */
export type Form = "hash" | "text";

export const hasPassword = (plugin: string): boolean => plugin === "mysql_native_password" || plugin === "ed25519";

export const storedForm = (plugin: string, { password }: Credential): string =>
  plugin === "ed25519" ? ed25519Hash(password) : nativeHash(password);

/** What stands behind `USING`. */
export const written = (plugin: string, credential: Credential, form: Form): string =>
  form === "hash" ? quoteText(storedForm(plugin, credential)) : `PASSWORD(${quoteText(credential.password.reveal())})`;

const setting = "strict_password_validation";

/**
 * With a plugin that checks passwords the server refuses hashes, so that it has to be given the text: over verified TLS,
 * and only where nothing on it keeps statements as they are. Unlike MySQL it writes passwords into its general log, and
 * those of `ALTER USER` and `CREATE USER` into its binary log too. Errors: `tls-refused`, `account-unsupported`.
 */
export function formFor(connection: Connection, facts: Facts, user: string, isOwnStatement: boolean): Form {
  if (facts.isStrict !== 1 || (facts.validators ?? "") === "") return "hash";
  if (!connection.isVerified) {
    throw new RekeyError("tls-refused", {
      context: { operation: "set password", reason: "the server takes passwords only in clear", setting },
      hint: `verify the server's certificate (ssl: true), or let the server take hashes: SET GLOBAL ${setting} = OFF`,
    });
  }
  const keeping = facts.logs === 0 ? (isOwnStatement || facts.binaryLog === 0 ? undefined : "log_bin") : "general_log";
  if (keeping === undefined) return "text";
  throw unsupported(
    user,
    setting,
    `the server takes passwords only as text (${setting}, for the plugin ${facts.validators}) and would write it into its own records (general_log, performance_schema, log_bin): turn those off, or SET GLOBAL ${setting} = OFF so that it takes hashes`,
    { keeping },
  );
}

const reuse = "password_reuse_check";

/** Every password is new to the server then, so none can be set a second time. Errors: `account-unsupported`. */
export function refuseReuse({ validators }: Facts, form: Form, user: string): void {
  if (form === "hash" || !(validators ?? "").split(",").includes(reuse)) return;
  const hint = `the plugin ${reuse} refuses a password that a user has already, which this strategy sets again: use single-user`;
  throw unsupported(user, reuse, hint);
}

const simple = "simple_password_check";

/** The checks of the plugin that can be known beforehand, for a rehearsal. Errors: `account-unsupported`. */
export async function checkText(
  connection: Connection,
  { validators }: Facts,
  { username, password }: Credential,
  call: CallOptions,
): Promise<void> {
  if (!(validators ?? "").split(",").includes(simple)) return;
  const rows = await connection.run<{ Variable_name: string; Value: string }>(
    "read password policy",
    `SHOW GLOBAL VARIABLES LIKE '${simple}%'`,
    call,
  );
  const least = (name: string): number =>
    Number(rows.find(({ Variable_name }) => Variable_name === `${simple}_${name}`)?.Value ?? 0);
  const text = password.reveal();
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  const isTaken =
    text.length >= least("minimal_length") &&
    count(/\d/g) >= least("digits") &&
    count(/[a-z]/g) >= least("letters_same_case") &&
    count(/[A-Z]/g) >= least("letters_same_case") &&
    count(/[^0-9A-Za-z]/g) >= least("other_characters") &&
    text !== username;
  if (!isTaken) throw refusedByPolicy(username, simple);
}

const refusedByPolicy = (user: string, validators: string): RekeyError =>
  unsupported(
    user,
    validators,
    `the server's ${validators} refuses the password: let the tags rekey:password-length and rekey:password-charset make such as it takes, or relax it`,
  );

/** `ALTER USER` of a password that is not taken fails with a number that says nothing. */
export function explainRefused(error: unknown, form: Form, { validators }: Facts, user: string): unknown {
  const isPolicy = form === "text" && [1396, 1819].includes(errorNumber(error) ?? 0);
  return isPolicy ? refusedByPolicy(user, validators ?? "") : error;
}
