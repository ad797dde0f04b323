import { createHash } from "node:crypto";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../rotation/ports.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { Connection } from "./connection.ts";

/** What Redis stores and compares. Source: the ACL page of Redis's documentation, `#<hash>`. */
const hashOf = (password: SecretValue): string => createHash("sha256").update(password.reveal(), "utf8").digest("hex");

/** SETUSER would make a missing user, without any right and off, and would leave one that is off so. */
async function requireLiveUser(connection: Connection, user: string, call: CallOptions): Promise<void> {
  const found = await connection.run(["ACL", "GETUSER", user], call);
  const flags: unknown = typeof found === "object" && found !== null ? Reflect.get(found, "flags") : undefined;
  const has = (flag: string): boolean => Array.isArray(flags) && flags.includes(flag);
  if (has("on")) return;
  const problem = found === null ? "no such user" : "the user is off";
  throw new RekeyError("credential-refused", { context: { user, problem } });
}

/**
 * Makes exactly these the passwords of a user, in one command that takes effect whole or not at all; a user that took any
 * password (`nopass`) has these from then on. Its rights and selectors stay. Only hashes are sent. Idempotent.
 */
export async function setPasswords(
  connection: Connection,
  user: string,
  passwords: readonly SecretValue[],
  call: CallOptions,
): Promise<void> {
  await requireLiveUser(connection, user, call);
  const hashes = passwords.map((password) => `#${hashOf(password)}`);
  await connection.change(["ACL", "SETUSER", user, "resetpass", ...hashes], call);
}
