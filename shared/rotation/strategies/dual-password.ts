import { parseDatabaseSecret, withCredential } from "../../secrets/database-secret.ts";
import { defined } from "../../secrets/defined.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type {
  Credential,
  DatabaseEngine,
  DatabaseSession,
  DualPasswords,
  SecretPasswords,
} from "../../ports/database-engine.ts";
import {
  logsIn,
  openAdmin,
  openAdminToRecover,
  openEarlier,
  openLogin,
  openSession,
  openToRestore,
  orphaned,
} from "./open-session.ts";
import type { RotationStrategy, StrategyContext } from "./strategy.ts";

type Session = DatabaseSession & DualPasswords;

/** The user's passwords in earlier versions, and in these. */
const secretPasswords = (
  { username }: Credential,
  { wasRotated, earlier }: StrategyContext,
  ...also: readonly Credential[]
): SecretPasswords => ({
  wasRotated,
  async earlier() {
    const found: SecretValue[] = also.map(({ password }) => password);
    for await (const { credential } of earlier()) if (credential.username === username) found.push(credential.password);
    return found;
  },
});

/**
 * One user with two passwords: the next one is added to the current one, so AWSCURRENT keeps logging in throughout;
 * the one before stops at the next rotation or when its grace period ends. Where the secret has an admin, the admin does
 * it, once one of the secret's own credentials has logged in. Only a password that has logged in is kept next to the new one.
 *
 * @example
 * ```ts
 * import { type DatabaseEngine, type DatabaseSession, type DualPasswords, dualPassword } from "rekey/engine";
 *
 * const strategyOf = (engine: DatabaseEngine<DatabaseSession & DualPasswords>) => dualPassword(engine);
 * ```
 */
export function dualPassword(engine: DatabaseEngine<Session>): RotationStrategy {
  /** Changes the user by the admin where there is one, and else by the session that has logged in. */
  async function change(
    own: Session,
    current: Credential,
    context: StrategyContext,
    work: (session: Session) => Promise<void>,
  ): Promise<void> {
    if (!context.hasAdmin) return work(own);
    await using admin = await openAdmin(engine, context);
    if (admin === undefined) throw orphaned(current, engine);
    await work(admin);
  }

  return {
    name: "dual-password",
    replacesCurrent: false,
    nextChangesServer: false,
    async next(current, _context, newPassword) {
      const secret = parseDatabaseSecret(current);
      const computed = defined({ sasl_mechanism: engine.dualMechanism?.(secret) });
      return withCredential(current, { username: secret.username, password: newPassword() }, computed);
    },
    expectedUsername: (current) => current.username,
    expectedMechanism: (current) => engine.dualMechanism?.(current),
    async set({ current, pending }, context, recovering) {
      const { call } = context;
      const own = secretPasswords(current, context, current);
      await using asCurrent = await openSession(engine, current, context);
      if (asCurrent !== undefined) {
        return await change(asCurrent, current, context, async (session) =>
          session.keepBoth(current, pending, call, own),
        );
      }
      if (await logsIn(engine, pending, context)) return;
      await using earlier = await openEarlier(engine, [current.username], context);
      if (earlier !== undefined) {
        await recovering();
        return await change(earlier.session, current, context, async (session) =>
          session.keepBoth(earlier.credential, pending, call, own),
        );
      }
      await using admin = await openAdminToRecover(engine, current, context);
      if (admin === undefined) throw orphaned(current, engine);
      await recovering();
      await admin.keepOnly(pending, call, own);
    },
    async restore(versions, context, authority) {
      const { current, pending } = versions;
      const own = secretPasswords(current, context, pending);
      await using login =
        (await openLogin(engine, current, context)) ?? (await openToRestore(engine, versions, context, authority));
      if (login === undefined) throw orphaned(current, engine);
      await change(login.session, current, context, async (session) => session.keepOnly(current, context.call, own));
      if (!(await logsIn(engine, current, context))) throw orphaned(current, engine);
    },
    async retire(current, context) {
      await using own = await openSession(engine, current, context);
      if (own === undefined) throw orphaned(current, engine);
      const known = secretPasswords(current, context);
      await change(own, current, context, async (session) => session.keepOnly(current, context.call, known));
    },
  };
}
