import { setTimeout as wait } from "node:timers/promises";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { CacheUser, CacheUsers } from "../../ports/cache-users.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";

/** One user, and the service that keeps it. */
export interface KeptUser {
  readonly users: CacheUsers;
  readonly arn: string;
  readonly username: string;
  /** Between two looks at a change that is in progress. */
  readonly pollMs: number;
}

/** What the service tells must be the very user that was granted: an account or region has ids of its own. */
function checkUser({ arn, username }: KeptUser, found: CacheUser | "absent"): CacheUser {
  if (found === "absent" || found.status === "deleting") {
    const status = found === "absent" ? "absent" : found.status;
    throw new RekeyError("credential-refused", {
      context: { user: arn, status },
      hint: "make the user with its id, name and a password of its own, or correct user_arn in the secret",
    });
  }
  const field = found.arn === arn ? (found.username === username ? undefined : "username") : "user_arn";
  if (field !== undefined) {
    throw new RekeyError("secret-malformed", {
      context: { field, problem: `not what the service says of ${arn}` },
      hint: "user_arn must be of the function's account, and username the name that its clients log in with",
    });
  }
  if (found.authentication === "password") return found;
  throw new RekeyError("account-unsupported", { context: { user: arn, property: found.authentication } });
}

async function pause({ arn, pollMs }: KeptUser, { signal }: CallOptions): Promise<void> {
  await wait(pollMs, undefined, { signal }).catch(() => {
    throw new RekeyError("time-budget-spent", {
      context: { operation: "wait for the status active", user: arn },
      hint: "the service is still changing the user; the step is repeated and goes on from there",
    });
  });
}

/** The user once no change of it is in progress. Errors: `credential-refused`, `secret-malformed`, `account-unsupported`, `time-budget-spent`. */
export async function activeUser(kept: KeptUser, call: CallOptions): Promise<CacheUser> {
  for (;;) {
    const user = checkUser(kept, await kept.users.describe(kept.arn, call));
    if (user.status === "active") return user;
    await pause(kept, call);
  }
}

/**
 * Makes these passwords the only ones of a user that was found active, and returns once they log in everywhere. Idempotent: the service tells no
 * passwords, so a repetition sets the same ones again. Errors: those of `activeUser` and of the service.
 */
export async function changePasswords(
  kept: KeptUser,
  passwords: readonly SecretValue[],
  call: CallOptions,
): Promise<void> {
  const distinct = passwords.filter((one, at) => passwords.findIndex((other) => other.equals(one)) === at);
  while ((await kept.users.setPasswords(kept.arn, distinct, call)) === "busy") {
    await pause(kept, call);
    await activeUser(kept, call);
  }
  await activeUser(kept, call);
}
