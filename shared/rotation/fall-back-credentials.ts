import type { DatabaseTarget } from "../ports/database-engine.ts";
import { adminArnOf, adminLogins } from "./admin-logins.ts";
import { earlierLogins, type LoginSearch, replacedLogin } from "./earlier-logins.ts";
import { isUserGranted } from "./grants.ts";
import type { StrategyContext } from "./strategies/strategy.ts";

/** What a strategy may log in with on one target other than AWSCURRENT and AWSPENDING, and which users an admin may give to the secret. */
export function fallBackCredentials(
  search: LoginSearch,
  target: DatabaseTarget,
): Pick<StrategyContext, "earlier" | "replaced" | "hasAdmin" | "admins" | "isGranted"> {
  const { deps, current, facts, targets } = search;
  return {
    earlier: () => earlierLogins(search, target),
    replaced: async () => replacedLogin(search, target),
    hasAdmin: adminArnOf(current, facts) !== undefined,
    admins: () => adminLogins(search, target),
    isGranted: (username) => isUserGranted(deps.grants, username, targets),
  };
}
