import { RekeyError } from "../../errors/rekey-error.ts";
import type { CacheUsers } from "../../ports/cache-users.ts";
import type { UserGranting } from "./chosen-user.ts";

export interface ElastiCacheEngineOptions {
  readonly users: CacheUsers;
  readonly isGranted: UserGranting;
  /** Between two looks at a change that is in progress. Default: 3 s. */
  readonly pollMs?: number;
}

const notAsked = async (): Promise<never> => {
  throw new RekeyError("engine-unsupported", {
    context: { problem: "the secret names no host" },
    hint: "without a host only the rotation function can look at the user: give the secret host and port to have its logins tried",
  });
};

/** What operators' tools work with: they log in to the server, ask no service about users, and change nothing. */
export const loginsOnly: ElastiCacheEngineOptions = {
  users: { describe: notAsked, setPasswords: notAsked },
  isGranted: () => true,
};
