import type { RotationDependencies } from "./dependencies.ts";
import type { Credential, DatabaseSession, OwnAccountReading } from "../ports/database-engine.ts";
import type { Rotation } from "./rotation-context.ts";
import { type Host, logsIn, openSession, ownAccount } from "./strategies/open-session.ts";
import type { RestoreAuthority, StrategyContext, Versions } from "./strategies/strategy.ts";

type Engine = RotationDependencies["engine"];

/** Whether the credential logs in on every host of the secret. Stops at the first that refuses it. */
export async function logsInEverywhere(
  engine: Engine,
  credential: Credential,
  hosts: readonly Host[],
): Promise<boolean> {
  for (const host of hosts) if (!(await logsIn(engine, credential, host))) return false;
  return true;
}

/** Restores the current credential on each of these hosts, also when one of them fails. Errors: the first host's. */
export async function restoreOn(
  { strategy }: Rotation,
  versions: Versions,
  hosts: readonly StrategyContext[],
  authority: RestoreAuthority,
): Promise<void> {
  let failed: PromiseRejectedResult | undefined;
  for (const host of hosts) {
    const [outcome] = await Promise.allSettled([strategy.restore(versions, host, authority)]);
    if (outcome.status === "rejected") failed ??= outcome;
  }
  if (failed !== undefined) throw failed.reason;
}

/** Logs in where the credential does, and asks what the session knows against a change. */
async function visit(engine: Engine, credential: Credential, host: StrategyContext): Promise<void> {
  await using session: (DatabaseSession & Partial<OwnAccountReading>) | undefined = await openSession(
    engine,
    credential,
    host,
  );
  if (session !== undefined) await ownAccount(session, host.call);
}

/**
 * Sets the pending credential on every host. Of several, each must be reachable before any is changed, and when one cannot
 * be changed those before it are restored, unless AWSCURRENT did not log in on one of them (`recovering`).
 */
export async function setEverywhere(
  engine: Engine,
  rotation: Rotation,
  versions: Versions,
  recovering: () => Promise<void>,
): Promise<void> {
  const { strategy, hosts } = rotation;
  if (hosts.length === 1) return strategy.set(versions, hosts[0], recovering);
  let isRecovering = false;
  for (const host of hosts) await visit(engine, versions.current, host);
  let touched = 0;
  try {
    for (const host of hosts) {
      touched++;
      await strategy.set(versions, host, async () => {
        isRecovering = true;
        await recovering();
      });
    }
  } catch (error) {
    if (!isRecovering) await restoreOn(rotation, versions, hosts.slice(0, touched), "pending").catch(() => undefined);
    throw error;
  }
}
