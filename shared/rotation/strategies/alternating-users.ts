import { RekeyError } from "../../errors/rekey-error.ts";
import { type DatabaseSecret, parseDatabaseSecret, withCredential } from "../../secrets/database-secret.ts";
import type {
  DatabaseEngine,
  DatabaseSession,
  OwnAccount,
  OwnAccountReading,
  UserPair,
  UserPairing,
} from "../../ports/database-engine.ts";
import type { ConnectionListing } from "../../ports/held-connections.ts";
import type { RotationPolicy } from "../rotation-policy.ts";
import { logsIn, openEarlier, openSession, orphaned, ownAccount, requireAdmin } from "./open-session.ts";
import type { RotationStrategy, StrategyContext } from "./strategy.ts";
import { alternateUserTag } from "../../tags/tag-names.ts";

/** AWS's suffix. It is only ever added: a user that happens to end in it is never taken for somebody's alternate. */
export const alternateSuffix = "_clone";

type Pair = Pick<UserPair, "first" | "alternate">;

/** The pair as the secret records it, or as its first rotation makes it. */
function pairOf(
  { username, alternateUsers }: DatabaseSecret,
  policy: RotationPolicy,
  { maxUsernameBytes, alternateName = (user, suffix) => `${user}${suffix}` }: DatabaseEngine,
): Pair {
  const [first, alternate] = alternateUsers ?? [
    username,
    policy.alternateUser ?? alternateName(username, alternateSuffix),
  ];
  if (first === alternate) {
    throw new RekeyError("option-invalid", {
      context: { option: alternateUserTag, problem: "names the secret's own user" },
    });
  }
  if (username !== first && username !== alternate) {
    throw new RekeyError("secret-malformed", {
      context: { field: "alternateusers", problem: "does not hold the user" },
    });
  }
  if (Buffer.byteLength(alternate) > maxUsernameBytes) {
    throw new RekeyError("option-invalid", {
      context: { option: alternateUserTag, maximumBytes: maxUsernameBytes },
      hint: `the alternate user's name is too long; give a shorter one with the tag ${alternateUserTag}`,
    });
  }
  return { first, alternate };
}

type Session = DatabaseSession & UserPairing & Partial<OwnAccountReading & ConnectionListing>;

const otherOf = (pair: Pair, username: string): string => (username === pair.first ? pair.alternate : pair.first);

/**
 * Two users take turns: an admin gives the idle one the next password, so AWSCURRENT keeps logging in throughout. One of
 * the secret's own credentials must log in first: it proves that the secret's writer holds the pair, before the admin's
 * rights are used for it. Where an engine needs no admin, that is AWSCURRENT's.
 *
 * @example
 * ```ts
 * import { type DatabaseEngine, type DatabaseSession, type UserPairing, alternatingUsers } from "rekey/engine";
 *
 * const strategyOf = (engine: DatabaseEngine<DatabaseSession & UserPairing>) => alternatingUsers(engine);
 * ```
 */
export function alternatingUsers(engine: DatabaseEngine<Session>): RotationStrategy {
  const pairFor = (current: DatabaseSecret, policy: RotationPolicy): Pair => pairOf(current, policy, engine);
  const pairOn = (current: DatabaseSecret, { policy, isGranted }: StrategyContext): UserPair => {
    const pair = pairFor(current, policy);
    return { ...pair, isGranted: isGranted(pair.alternate) };
  };
  /** What the session reports about its account; `undefined` when AWSCURRENT does not log in. */
  async function readAsCurrent(current: DatabaseSecret, context: StrategyContext): Promise<OwnAccount | undefined> {
    await using own = await openSession(engine, current, context);
    return own === undefined ? undefined : await ownAccount(own, context.call);
  }

  /** Only the user that is seen to be in use changes the other one. */
  async function syncAsCurrent(current: DatabaseSecret, pending: DatabaseSecret, context: StrategyContext) {
    await using own = await openSession(engine, current, context);
    if (own === undefined) {
      throw new RekeyError("credential-refused", { context: { user: current.username, label: "AWSCURRENT" } });
    }
    await own.syncPair(pairOn(current, context), pending, context.call);
  }

  const strategy: RotationStrategy = {
    name: "alternating-users",
    replacesCurrent: false,
    nextChangesServer: false,
    async next(currentValue, { policy }, newPassword) {
      const current = parseDatabaseSecret(currentValue);
      const pair = pairFor(current, policy);
      const credential = { username: otherOf(pair, current.username), password: newPassword() };
      return withCredential(currentValue, credential, { alternateusers: [pair.first, pair.alternate] });
    },
    expectedUsername: (current, policy) => otherOf(pairFor(current, policy), current.username),
    async set({ current, pending }, context) {
      if (engine.pairsWithoutAdmin === true) return syncAsCurrent(current, pending, context);
      const pair = pairOn(current, context);
      let own = await readAsCurrent(current, context);
      if (own === undefined) {
        await using earlier = await openEarlier(engine, [pair.first, pair.alternate], context);
        if (earlier === undefined) {
          throw new RekeyError("credential-refused", { context: { user: current.username, label: "AWSCURRENT" } });
        }
        own = await ownAccount(earlier.session, context.call);
      }
      await using session = await requireAdmin(engine, context);
      await session.syncPair({ ...pair, own }, pending, context.call);
    },
    async restore({ current }, context) {
      if (!(await logsIn(engine, current, context))) throw orphaned(current, engine);
    },
  };
  if (engine.pairsWithoutAdmin === true) return strategy;
  return {
    ...strategy,
    async held(current, context) {
      const { first, alternate } = pairOn(current, context);
      await using session = await requireAdmin(engine, context);
      return await session.connectionsOf?.(otherOf({ first, alternate }, current.username), context.call);
    },
    async retire(current, context, newPassword) {
      const own = await readAsCurrent(current, context);
      if (own === undefined) throw orphaned(current, engine);
      const pair = pairOn(current, context);
      await using session = await requireAdmin(engine, context);
      const replaced = { username: otherOf(pair, current.username), password: newPassword() };
      await session.syncPair({ ...pair, own }, replaced, context.call);
    },
  };
}
