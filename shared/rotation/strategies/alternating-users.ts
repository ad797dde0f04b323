import { RekeyError } from "../../errors/rekey-error.ts";
import { type DatabaseSecret, parseDatabaseSecret, withCredential } from "../../secrets/database-secret.ts";
import type { PairingEngine, UserPair } from "../ports.ts";
import type { RotationPolicy } from "../rotation-policy.ts";
import { logsIn, openSession } from "./open-session.ts";
import type { RotationStrategy } from "./strategy.ts";

/** AWS's suffix. It is only ever added: a user that happens to end in it is never taken for somebody's alternate. */
const suffix = "_clone";

/** The pair as the secret records it, or as its first rotation makes it. */
function pairOf(current: DatabaseSecret, policy: RotationPolicy, maxUsernameBytes: number): UserPair {
  const named = policy.alternateUser;
  const [first, alternate] = current.alternateUsers ?? [current.username, named ?? `${current.username}${suffix}`];
  const isMember = current.username === first || current.username === alternate;
  if (!isMember || first === alternate) {
    throw new RekeyError("secret-malformed", {
      context: { field: "alternateusers", problem: "does not hold the user" },
    });
  }
  if (Buffer.byteLength(alternate) > maxUsernameBytes) {
    throw new RekeyError("option-invalid", {
      context: { option: "rekey:alternate-user", maximumBytes: maxUsernameBytes },
      hint: "the alternate user's name is too long; give a shorter one with the tag rekey:alternate-user",
    });
  }
  return { first, alternate, named: named === alternate };
}

const otherOf = (pair: UserPair, username: string): string => (username === pair.first ? pair.alternate : pair.first);

/**
 * Two users take turns: an admin gives the idle one the next password, so AWSCURRENT keeps logging in throughout. The
 * current credential must log in first: it proves that the secret's writer holds this user, before the admin's rights
 * are used for it.
 */
export function alternatingUsers(engine: PairingEngine): RotationStrategy {
  return {
    name: "alternating-users",
    next(currentValue, policy, password) {
      const current = parseDatabaseSecret(currentValue);
      const pair = pairOf(current, policy, engine.maxUsernameBytes);
      const credential = { username: otherOf(pair, current.username), password };
      return withCredential(currentValue, credential, [pair.first, pair.alternate]);
    },
    expectedUsername: (current, policy) => otherOf(pairOf(current, policy, engine.maxUsernameBytes), current.username),
    async set({ current, pending }, context) {
      if (!(await logsIn(engine, current, context))) {
        throw new RekeyError("credential-refused", { context: { user: current.username, label: "AWSCURRENT" } });
      }
      const admin = await context.admin();
      if (admin === undefined)
        throw new RekeyError("admin-secret-refused", { context: { problem: "no admin secret" } });
      await using session = await openSession(engine, admin, context);
      if (session === undefined) throw new RekeyError("credential-refused", { context: { user: admin.username } });
      const pair = pairOf(current, context.policy, engine.maxUsernameBytes);
      await session.syncPair(pair, pending, context.call);
    },
    async restore({ current }, context) {
      if (await logsIn(engine, current, context)) return;
      throw new RekeyError("credential-orphaned", { context: { user: current.username } });
    },
  };
}
