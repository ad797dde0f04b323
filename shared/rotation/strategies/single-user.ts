import { RekeyError } from "../../errors/rekey-error.ts";
import { parseDatabaseSecret, withCredential } from "../../secrets/database-secret.ts";
import type { Credential, DatabaseEngine, DatabaseSession } from "../ports.ts";
import { logsIn, openSession } from "./open-session.ts";
import type { RotationStrategy, StrategyContext } from "./strategy.ts";

/**
 * One user changes its own password. AWSCURRENT is offered first, so that a healthy rotation has no failed login; the
 * others only after it was refused, which means that an earlier run got further or that somebody changed the password.
 */
export function singleUser(engine: DatabaseEngine): RotationStrategy {
  const openEarlier = async (user: string, context: StrategyContext): Promise<DatabaseSession | undefined> => {
    for await (const earlier of context.earlier()) {
      const session = earlier.username === user ? await openSession(engine, earlier, context) : undefined;
      if (session !== undefined) return session;
    }
    return undefined;
  };
  const openAdmin = async (context: StrategyContext): Promise<DatabaseSession | undefined> => {
    const admin = await context.admin();
    return admin === undefined ? undefined : openSession(engine, admin, context);
  };
  const orphaned = ({ username }: Credential): RekeyError =>
    new RekeyError("credential-orphaned", { context: { user: username } });

  return {
    name: "single-user",
    next: (current, _policy, password) =>
      withCredential(current, { username: parseDatabaseSecret(current).username, password }),
    expectedUsername: (current) => current.username,
    async set({ current, pending }, context) {
      await using asCurrent = await openSession(engine, current, context);
      if (asCurrent !== undefined) {
        await asCurrent.setPassword(pending, context.call);
        return;
      }
      if (await logsIn(engine, pending, context)) return;
      await using session = (await openEarlier(current.username, context)) ?? (await openAdmin(context));
      if (session === undefined) throw orphaned(current);
      await session.setPassword(pending, context.call);
    },
    async restore({ current, pending }, context) {
      if (await logsIn(engine, current, context)) return;
      await using session =
        (await openSession(engine, pending, context)) ??
        (await openEarlier(current.username, context)) ??
        (await openAdmin(context));
      if (session === undefined) throw orphaned(current);
      await session.setPassword(current, context.call);
      if (!(await logsIn(engine, current, context))) throw orphaned(current);
    },
  };
}
