import { parseDatabaseSecret, withCredential } from "../../secrets/database-secret.ts";
import type { DatabaseEngine, DatabaseSession, PasswordChange } from "../ports.ts";
import { logsIn, openAdminToRecover, openEarlier, openSession, openToRestore, orphaned } from "./open-session.ts";
import type { RotationStrategy } from "./strategy.ts";

/**
 * One user changes its own password. AWSCURRENT is offered first, so that a healthy rotation has no failed login; the
 * others only after it was refused, which means that an earlier run got further or that somebody changed the password.
 */
export function singleUser(engine: DatabaseEngine<DatabaseSession & PasswordChange>): RotationStrategy {
  return {
    name: "single-user",
    replacesCurrent: true,
    nextChangesServer: false,
    async next(current, _context, newPassword) {
      return withCredential(current, { username: parseDatabaseSecret(current).username, password: newPassword() });
    },
    expectedUsername: (current) => current.username,
    async set({ current, pending }, context, recovering) {
      await using asCurrent = await openSession(engine, current, context);
      if (asCurrent !== undefined) {
        await asCurrent.setPassword(pending, context.call);
        return;
      }
      if (await logsIn(engine, pending, context)) return;
      await using session =
        (await openEarlier(engine, [current.username], context))?.session ??
        (await openAdminToRecover(engine, current, context));
      if (session === undefined) throw orphaned(current);
      await recovering();
      await session.setPassword(pending, context.call);
    },
    async restore(versions, context, authority) {
      const { current } = versions;
      if (await logsIn(engine, current, context)) return;
      await using session = await openToRestore(engine, versions, context, authority);
      if (session === undefined) throw orphaned(current);
      await session.setPassword(current, context.call);
      if (!(await logsIn(engine, current, context))) throw orphaned(current);
    },
  };
}
