import { RekeyError } from "../../errors/rekey-error.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";

/** A user that a secret would have changed. */
export interface UserChoice {
  readonly secretName: string;
  readonly arn: string;
  readonly username: string;
}

/** Whether the function's owner lets the secret have this user. */
export type UserGranting = (choice: UserChoice) => boolean;

/**
 * The ARN that the secret chooses, where the function's owner granted it to the secret. Errors: `secret-malformed`,
 * `option-invalid`.
 */
export function chosenUser(
  { secretName = "", userArn: arn }: DatabaseTarget,
  { username }: Credential,
  isGranted: UserGranting,
): string {
  if (arn === undefined) {
    throw new RekeyError("secret-malformed", {
      context: { field: "user_arn", problem: "missing" },
      hint: 'add the ARN of the ElastiCache or MemoryDB user as "user_arn" to the secret\'s JSON',
    });
  }
  if (isGranted({ secretName, arn, username })) return arn;
  throw new RekeyError("option-invalid", {
    context: { option: "user_arn", user: arn, problem: "not granted to this secret" },
    hint: `if the secret may have this user, add ${secretName}=${arn} to REKEY_CACHE_USERS (template parameter CacheUserGrants)`,
  });
}
