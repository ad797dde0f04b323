import { parseDatabaseSecret, withCredential } from "../../secrets/database-secret.ts";
import { isRekeyError } from "../../errors/rekey-error.ts";
import type {
  Credential,
  DatabaseEngine,
  DatabaseSession,
  OwnAccountReading,
  PasswordChange,
} from "../../ports/database-engine.ts";
import {
  logsIn,
  openAdminToRecover,
  openEarlier,
  openSession,
  openToRestore,
  orphaned,
  ownAccount,
  requireAdmin,
} from "./open-session.ts";
import type { RotationStrategy, StrategyContext } from "./strategy.ts";

type Session = DatabaseSession & PasswordChange & Partial<OwnAccountReading>;

/**
 * One user changes its own password. AWSCURRENT is offered first, so that a healthy rotation has no failed login; the
 * others only after it was refused, which means that an earlier run got further or that somebody changed the password.
 *
 * @example
 * ```ts
 * import { type DatabaseEngine, type DatabaseSession, type PasswordChange, singleUser } from "rekey/engine";
 *
 * const strategyOf = (engine: DatabaseEngine<DatabaseSession & PasswordChange>) => singleUser(engine);
 * ```
 */
export function singleUser(engine: DatabaseEngine<Session>): RotationStrategy {
  /**
   * Changes the user by its own session, and where that may not, by the admin: the login has shown that the secret holds
   * this very user.
   */
  async function change(own: Session, login: Credential, credential: Credential, context: StrategyContext) {
    const { call, hasAdmin } = context;
    const isOwn = login.username === credential.username;
    try {
      await own.setPassword(credential, call, isOwn ? { current: login, hasAdmin } : {});
    } catch (error) {
      if (!hasAdmin || !isOwn || !isRekeyError(error, "database-rights-missing")) throw error;
      const account = await ownAccount(own, call);
      await using admin = await requireAdmin(engine, context);
      await admin.setPassword(credential, call, { current: login, own: account });
    }
  }

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
      if (asCurrent !== undefined) return await change(asCurrent, current, pending, context);
      if (await logsIn(engine, pending, context)) return;
      await using earlier = await openEarlier(engine, [current.username], context);
      if (earlier !== undefined) {
        await recovering();
        return await change(earlier.session, earlier.credential, pending, context);
      }
      await using admin = await openAdminToRecover(engine, current, context);
      if (admin === undefined) throw orphaned(current, engine);
      await recovering();
      await admin.setPassword(pending, context.call);
    },
    async restore(versions, context, authority) {
      const { current } = versions;
      if (await logsIn(engine, current, context)) return;
      await using login = await openToRestore(engine, versions, context, authority);
      if (login === undefined) throw orphaned(current, engine);
      await change(login.session, login.credential, current, context);
      if (!(await logsIn(engine, current, context))) throw orphaned(current, engine);
    },
  };
}
