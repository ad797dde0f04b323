import { RekeyError } from "../../errors/rekey-error.ts";
import type { DatabaseTarget } from "../../ports/database-engine.ts";

/** Whether the function's owner gave this user to the secret of that name. */
export type IsUserGranted = (secretName: string, user: string) => boolean;

/** The user that the secret names. Errors: `secret-malformed`; `option-invalid` for one that is not granted to the secret. */
export function grantedUser({ secretName = "", account }: DatabaseTarget, isGranted: IsUserGranted): string {
  if (account === undefined) {
    throw new RekeyError("secret-malformed", {
      context: { field: "UserName", problem: "missing" },
      hint: "name the IAM user whose key it is",
    });
  }
  if (isGranted(secretName, account)) return account;
  const user = account.slice(0, 64);
  throw new RekeyError("option-invalid", {
    context: { option: "REKEY_IAM_USERS", user, problem: "not granted to this secret" },
    hint: `if this user belongs to the secret, add ${secretName}=${user} to REKEY_IAM_USERS (template parameter IamUserGrants)`,
  });
}
