import { RekeyError } from "../errors/rekey-error.ts";
import type { Credential, DatabaseSession, Inspection } from "../ports/database-engine.ts";
import type { RotationDependencies } from "./dependencies.ts";
import { logsIn, openSession } from "./strategies/open-session.ts";
import type { StoredLogin, StrategyContext } from "./strategies/strategy.ts";

/** `refused`: every server was offered the replaced credential and refused it. `not-tried`: one of them was not. */
export type RetirementProof = "refused" | "not-tried";

type Engine = RotationDependencies["engine"];

/** One for the login that must be refused, one for a service that offers the replaced credential at the same time. */
const spareRefusals = 2;

/** Whether the server says that it locks the user for so few refused logins that one more is not risked. */
async function isLockedSoon(
  engine: Engine,
  current: Credential,
  host: StrategyContext,
  user: string,
): Promise<boolean> {
  await using session: (DatabaseSession & Partial<Inspection>) | undefined = await openSession(engine, current, host);
  const facts = await session?.inspect?.([user], host.call).catch(() => undefined);
  return (facts?.locksAfterRefusals ?? Number.POSITIVE_INFINITY) <= spareRefusals;
}

async function isRefused(engine: Engine, { credential, target }: StoredLogin, host: StrategyContext): Promise<boolean> {
  const login = await engine.login(target, credential, host.call);
  if (login.ok) await login.session[Symbol.asyncDispose]();
  return !login.ok;
}

/** Whether this server was asked, and refused. */
async function isProvedOn(engine: Engine, current: Credential, host: StrategyContext): Promise<boolean> {
  const replaced = await host.replaced();
  // Where the secret names no server, a service keeps the passwords and nothing takes a login.
  if (replaced === undefined || replaced.target.host === "") return false;
  const { username } = replaced.credential;
  if (await isLockedSoon(engine, current, host, username)) return false;
  if (!(await isRefused(engine, replaced, host))) {
    throw new RekeyError("replaced-still-logs-in", { context: { user: username, host: host.target.host } });
  }
  if (username === current.username) await logsIn(engine, current, host);
  return true;
}

/**
 * Offers the replaced credential once to each server of the secret, which must refuse it, and logs in with the current one
 * after that where both are of one user, since a login that succeeds ends a server's count of refused ones. Errors:
 * `replaced-still-logs-in`.
 */
export async function proveRetired(
  engine: Engine,
  current: Credential,
  hosts: readonly StrategyContext[],
): Promise<RetirementProof> {
  let proof: RetirementProof = "refused";
  for (const host of hosts) if (!(await isProvedOn(engine, current, host))) proof = "not-tried";
  return proof;
}
