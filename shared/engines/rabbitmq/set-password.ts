import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import { type Account, readAccount, requirePassword, userPath } from "./account.ts";
import type { Change, Management, Operation } from "./management.ts";
import { type StoredPassword, storedPassword } from "./password-hash.ts";

/** Writes a user as a whole, as the API does: without its tags or its password it would have none. */
export const userChange = (
  operation: Operation,
  { user, tags }: Pick<Account, "user" | "tags">,
  { hash, algorithm }: StoredPassword,
): Change => ({
  operation,
  method: "PUT",
  path: userPath(user),
  json: { password_hash: hash.reveal(), hashing_algorithm: algorithm, tags: tags.join(",") },
});

/** The change that gives a user its password. Errors: `credential-refused`, `account-unsupported`, those of the API. */
export async function planPassword(management: Management, next: Credential, call: CallOptions): Promise<Change> {
  const account = await readAccount(management, next.username, call);
  if (account === undefined) {
    throw new RekeyError("credential-refused", { context: { user: next.username, problem: "no such user" } });
  }
  return userChange("set password", account, storedPassword(next.password, requirePassword(account)));
}
