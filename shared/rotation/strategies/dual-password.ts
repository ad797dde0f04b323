import { parseDatabaseSecret, withCredential } from "../../secrets/database-secret.ts";
import type { Credential, DatabaseEngine, DatabaseSession, DualPasswords } from "../ports.ts";
import { logsIn, openAdmin, openEarlier, openSession, orphaned } from "./open-session.ts";
import type { RotationStrategy, StrategyContext } from "./strategy.ts";

/**
 * One user with two passwords: the next one is added beside the current one, so AWSCURRENT keeps logging in throughout;
 * the one before stops at the next rotation or when its grace period ends. Where the secret has an admin, the admin does
 * it, once one of the secret's own credentials has logged in.
 */
export function dualPassword(engine: DatabaseEngine<DatabaseSession & DualPasswords>): RotationStrategy {
  /** The session that changes the user: its own, or the admin's. Errors: `credential-orphaned`. */
  async function openChanger(
    [first, ...others]: readonly [Credential, ...Credential[]],
    context: StrategyContext,
  ): Promise<DatabaseSession & DualPasswords> {
    let own = await openSession(engine, first, context);
    for (const other of others) own ??= await openSession(engine, other, context);
    own ??= await openEarlier(engine, [first.username], context);
    if (own !== undefined && !context.hasAdmin) return own;
    await own?.[Symbol.asyncDispose]();
    const admin = await openAdmin(engine, context);
    if (admin === undefined) throw orphaned(first);
    return admin;
  }

  return {
    name: "dual-password",
    replacesCurrent: false,
    nextChangesServer: false,
    async next(current, _context, newPassword) {
      return withCredential(current, { username: parseDatabaseSecret(current).username, password: newPassword() });
    },
    expectedUsername: (current) => current.username,
    async set({ current, pending }, context) {
      await using session = await openChanger([current, pending], context);
      await session.keepBoth(current, pending, context.call);
    },
    async restore({ current, pending }, context) {
      {
        await using session = await openChanger([current, pending], context);
        await session.keepOnly(current, context.call);
      }
      if (!(await logsIn(engine, current, context))) throw orphaned(current);
    },
    async retire(current, context) {
      await using session = await openChanger([current], context);
      await session.keepOnly(current, context.call);
    },
  };
}
