import type { RotationDependencies } from "./dependencies.ts";
import type { Credential } from "./ports.ts";
import type { Rotation } from "./rotation-context.ts";
import { type Host, logsIn } from "./strategies/open-session.ts";
import type { StrategyContext, Versions } from "./strategies/strategy.ts";

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
): Promise<void> {
  const outcomes: PromiseSettledResult<void>[] = [];
  for (const host of hosts) outcomes.push(...(await Promise.allSettled([strategy.restore(versions, host)])));
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/**
 * Sets the pending credential on every host. Of several, each must be reachable before any is changed, and when one cannot
 * be changed those before it are restored.
 */
export async function setEverywhere(engine: Engine, rotation: Rotation, versions: Versions): Promise<void> {
  const { strategy, hosts } = rotation;
  if (hosts.length === 1) return strategy.set(versions, hosts[0]);
  for (const host of hosts) await logsIn(engine, versions.current, host);
  const touched: StrategyContext[] = [];
  try {
    for (const host of hosts) {
      touched.push(host);
      await strategy.set(versions, host);
    }
  } catch (error) {
    await restoreOn(rotation, versions, touched).catch(() => undefined);
    throw error;
  }
}
