import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { DatabaseSession, Inspection, ServerFacts } from "../../rotation/ports.ts";
import type { Rotation } from "../../rotation/rotation-context.ts";
import { openAdmin, openSession } from "../../rotation/strategies/open-session.ts";
import type { StrategyContext } from "../../rotation/strategies/strategy.ts";
import type { DatabaseSecret } from "../../secrets/database-secret.ts";
import type { ExaminedRotation } from "./doctor.ts";
import { type Finding, finding, findingOf } from "./findings.ts";
import { rehearsedEngine } from "./rehearsed-engine.ts";

/** The most refused logins that one step can need after a crash: AWSCURRENT, AWSPENDING and three earlier versions. */
const mostRefusals = 5;
const soonMs = 30 * 86_400_000;
const tolerableLagMs = 5_000;

const canInspect = (session: DatabaseSession): session is DatabaseSession & Inspection => "inspect" in session;

function usersOf({ strategy, current, hosts }: Rotation): readonly string[] {
  const next = strategy.expectedUsername(current, hosts[0].policy) ?? current.username;
  return current.alternateUsers ?? [...new Set([current.username, next])];
}

function judgeUsers(rotation: Rotation, facts: ServerFacts, host: string, nowMs: number): readonly Finding[] {
  const { strategy, current, hosts } = rotation;
  const alternates = strategy.name === "alternating-users";
  const changed = alternates || !strategy.replacesCurrent ? usersOf(rotation) : [current.username];
  const findings: Finding[] = [];
  for (const user of changed) {
    const known = facts.users.get(user);
    if (known === undefined) continue;
    if (!known.mayBeChanged) {
      findings.push(findingOf(new RekeyError("database-rights-missing", { context: { host, user } })));
    }
    if (known.expiresAt !== undefined && known.expiresAt.getTime() - nowMs < soonMs) {
      findings.push(finding("user-expires", { host, user, at: known.expiresAt.toISOString() }));
    }
    const isForeign = user === usersOf(rotation)[1] && !known.isOurAlternate && !hosts[0].isGranted(user);
    if (alternates && isForeign) {
      findings.push(findingOf(new RekeyError("user-collision", { context: { host, alternate: user } })));
    }
  }
  return findings;
}

/** Accounts of the user's name beside the one that the session came in by, as far as one of the sessions sees them. */
function judgeAccounts({ current }: Rotation, { accountsOfFirst }: ServerFacts, host: string): readonly Finding[] {
  const detail = { host, user: current.username };
  if (accountsOfFirst === "unseen") return [finding("accounts-unseen", detail)];
  return (accountsOfFirst ?? 1) > 1
    ? [finding("accounts-of-one-name", { ...detail, accounts: accountsOfFirst ?? 1 })]
    : [];
}

function judgeServer(rotation: Rotation, facts: ServerFacts, host: string, nowMs: number): readonly Finding[] {
  const { version, replicaLagMs = 0, locksAfterRefusals = Infinity } = facts;
  return [
    ...(facts.isSupported ? [] : [finding("engine-version-unsupported", { host, version })]),
    ...(facts.isReadOnly ? [findingOf(new RekeyError("database-read-only", { context: { host } }))] : []),
    ...(replicaLagMs > tolerableLagMs
      ? [finding("server-replica-lagging", { host, lagMs: Math.round(replicaLagMs) })]
      : []),
    ...(locksAfterRefusals <= mostRefusals
      ? [finding("server-locks-early", { host, refusals: locksAfterRefusals })]
      : []),
    ...judgeUsers(rotation, facts, host, nowMs),
  ];
}

/**
 * Runs setSecret's strategy on sessions where nothing stays. Only once AWSCURRENT has logged in, so that no password made up
 * for this look is offered to the server.
 */
async function rehearse(
  { engine, strategiesOf }: ExaminedRotation,
  { strategy, current }: Rotation,
  pending: DatabaseSecret,
  context: StrategyContext,
): Promise<readonly Finding[]> {
  const rehearsed = strategiesOf?.(rehearsedEngine(engine))[strategy.name];
  try {
    await rehearsed?.set({ current, pending }, context, async () => undefined);
    return [];
  } catch (error) {
    if (!isRekeyError(error)) throw error;
    const found = findingOf(error);
    return [{ ...found, detail: { ...found.detail, host: context.target.host } }];
  }
}

async function checkServer(
  deps: ExaminedRotation,
  rotation: Rotation,
  pending: DatabaseSecret | undefined,
  context: StrategyContext,
): Promise<readonly Finding[]> {
  const { engine } = deps;
  const { host } = context.target;
  const { username } = rotation.current;
  await using own = await openSession(engine, rotation.current, context);
  const findings: Finding[] = [];
  if (own === undefined) {
    const refused = { context: { host, user: username, label: "AWSCURRENT" } };
    const { refusedAlike } = engine;
    const hint = `set the password on the server to the one in AWSCURRENT; it refuses in the same way ${refusedAlike}`;
    findings.push(
      findingOf(new RekeyError("credential-refused", refusedAlike === undefined ? refused : { ...refused, hint })),
    );
  }
  await using admin = context.hasAdmin ? await openAdmin(engine, context) : undefined;
  if (context.hasAdmin && admin === undefined) {
    findings.push(findingOf(new RekeyError("credential-refused", { context: { host, user: "(admin)" } })));
  }
  const session = rotation.strategy.name === "single-user" ? (own ?? admin) : (admin ?? own);
  if (session !== undefined && canInspect(session)) {
    const seen = await session.inspect(usersOf(rotation), context.call);
    // What the user may not see or do itself is the admin's.
    const isLeft = seen.accountsOfFirst === "unseen" || seen.users.get(username)?.mayBeChanged === false;
    const facts =
      isLeft && admin !== undefined && canInspect(admin) ? await admin.inspect(usersOf(rotation), context.call) : seen;
    findings.push(...judgeServer(rotation, facts, host, deps.nowMs()), ...judgeAccounts(rotation, facts, host));
  }
  if (own === undefined || pending === undefined) return findings;
  const rehearsed = await rehearse(deps, rotation, pending, context);
  return [...findings, ...rehearsed.filter(({ code }) => !findings.some((known) => known.code === code))];
}

/** Every server of the secret: reached, verified, logged in to, asked, and setSecret rehearsed. Changes nothing. */
export async function checkServers(
  deps: ExaminedRotation,
  rotation: Rotation,
  pending: DatabaseSecret | undefined,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const context of rotation.hosts) {
    try {
      findings.push(...(await checkServer(deps, rotation, pending, context)));
    } catch (error) {
      if (!isRekeyError(error)) throw error;
      findings.push({ ...findingOf(error), detail: { ...findingOf(error).detail, host: context.target.host } });
    }
  }
  return findings;
}
