import { createHash } from "node:crypto";
import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { SecretPasswords } from "../../ports/database-engine.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import { type Account, readLiveAccount } from "./account.ts";
import type { Connection } from "./connection.ts";

/** Two invocations of one step, and somebody who works on the user by hand. */
const mostTries = 3;

/** What Redis stores and compares. Source: the ACL page of Redis's documentation, `#<hash>`. */
const hashOf = (password: SecretValue): string => createHash("sha256").update(password.reveal(), "utf8").digest("hex");

/**
 * The account's passwords beside the kept ones: those of the secret, which end, and somebody else's. The server keeps passwords
 * in their order, and rekey leaves somebody else's behind its own, so the only one and first in the order is what the last
 * rotation replaced, and the store is not asked. The only one in place of a kept one that is missing was put there instead of it.
 */
async function sortOthers(
  { hashes }: Account,
  kept: readonly string[],
  { wasRotated, earlier }: SecretPasswords,
): Promise<{ readonly ended: readonly string[]; readonly others: readonly string[] }> {
  const beside = hashes.filter((hash) => !kept.includes(hash));
  const isInsteadOfKept = kept.length === 1 && hashes.length === 1;
  const isReplaced = wasRotated && hashes[0] === beside[0];
  if (beside.length === 0 || (beside.length === 1 && (isInsteadOfKept || isReplaced)))
    return { ended: beside, others: [] };
  const known = new Set((await earlier()).map(hashOf));
  return { ended: beside.filter((hash) => known.has(hash)), others: beside.filter((hash) => !known.has(hash)) };
}

/**
 * Gives a user these passwords and takes the secret's other ones off it, in one command that takes effect whole or not at all.
 * Passwords that no version of the secret holds are somebody else's and stay, as does everything else of the user. Only hashes
 * are sent. Idempotent. Errors: those of `readLiveAccount`, `database-rights-missing`, `database-busy` when the user is changed
 * by others all the time.
 */
export async function setPasswords(
  connection: Connection,
  user: string,
  passwords: readonly SecretValue[],
  own: SecretPasswords,
  call: CallOptions,
): Promise<void> {
  const kept = passwords.map(hashOf);
  for (let attempt = 1; attempt <= mostTries; attempt++) {
    const account = await readLiveAccount(connection, user, call);
    const { ended, others } = await sortOthers(account, kept, own);
    const rules = [
      ...[...ended, ...others].map((hash) => `!${hash}`),
      ...[...kept, ...others].map((hash) => `#${hash}`),
    ];
    try {
      return await connection.change(["ACL", "SETUSER", user, ...rules], call);
    } catch (error) {
      if (!isRekeyError(error, "database-failed") || error.context["reason"] !== "password already removed")
        throw error;
    }
  }
  throw new RekeyError("database-busy", { context: { user, problem: "others change the user's passwords" } });
}
