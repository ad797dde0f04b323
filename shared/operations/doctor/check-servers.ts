import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { AccountNote } from "../../ports/call.ts";
import type {
  DatabaseEngine,
  DatabaseSession,
  Inspection,
  Rehearsal,
  ServerFacts,
} from "../../ports/database-engine.ts";
import type { Rotation } from "../../rotation/rotation-context.ts";
import { openAdmin, openSession } from "../../rotation/strategies/open-session.ts";
import type { StrategyContext } from "../../rotation/strategies/strategy.ts";
import type { DatabaseSecret } from "../../secrets/database-secret.ts";
import { type CheckResult, checkResult, failedCheck } from "./check-results.ts";
import { type ExaminedRotation, rehearsedEngine } from "./rehearsed-engine.ts";

/** The most refused logins that one step can need after a crash: AWSCURRENT, AWSPENDING and three earlier versions. */
const mostRefusals = 5;
const soonMs = 30 * 86_400_000;
const tolerableLagMs = 5_000;

const canRehearse = (session: DatabaseSession): boolean => "rehearse" in session;

const canInspect = (session: DatabaseSession): session is DatabaseSession & Inspection => "inspect" in session;

function usersOf({ strategy, current, hosts }: Rotation): readonly string[] {
  const next = strategy.expectedUsername(current, hosts[0].policy) ?? current.username;
  return current.alternateUsers ?? [...new Set([current.username, next])];
}

function judgeUsers(rotation: Rotation, facts: ServerFacts, host: string, nowMs: number): readonly CheckResult[] {
  const { strategy, current, hosts } = rotation;
  const alternates = strategy.name === "alternating-users";
  const changed = alternates || !strategy.replacesCurrent ? usersOf(rotation) : [current.username];
  const results: CheckResult[] = [];
  for (const user of changed) {
    const known = facts.users.get(user);
    if (known === undefined) continue;
    // Where the user may not change itself the admin does it, which the rehearsal tries.
    const leavesToAdmin = strategy.name === "single-user" && hosts[0].hasAdmin;
    if (!known.mayBeChanged && !leavesToAdmin) {
      results.push(failedCheck(new RekeyError("database-rights-missing", { context: { host, user } })));
    }
    if ((known.passwords ?? 1) > (hosts[0].wasRotated ? 2 : 1)) {
      results.push(checkResult("password-not-managed", { host, user, passwords: known.passwords ?? 1 }));
    }
    if (known.isUsedByServers === true) results.push(checkResult("user-of-servers", { host, user }));
    if (known.expiresAt !== undefined && known.expiresAt.getTime() - nowMs < soonMs) {
      results.push(checkResult("user-expires", { host, user, at: known.expiresAt.toISOString() }));
    }
    const isForeign = user === usersOf(rotation)[1] && !known.isOurAlternate && !hosts[0].isGranted(user);
    if (alternates && isForeign) {
      results.push(failedCheck(new RekeyError("user-collision", { context: { host, alternate: user } })));
    }
  }
  return results;
}

/** `other`: what the session sees that does not make the change, for what only that one may ask. */
function judgeRestart(facts: ServerFacts, other: ServerFacts | undefined, host: string): readonly CheckResult[] {
  const keptIn = facts.usersKeptIn === "unseen" ? (other?.usersKeptIn ?? "unseen") : facts.usersKeptIn;
  if (keptIn === "unseen") return [checkResult("restart-cannot-be-seen", { host })];
  const isRewritten = keptIn === "configuration" && facts.mayRewriteConfiguration === true;
  return keptIn === undefined || keptIn === "file of users" || isRewritten
    ? []
    : [checkResult("change-until-restart", { host })];
}

/** Other accounts with the user's name than the one of the session, as far as one of the sessions sees them. */
function judgeAccounts({ current }: Rotation, { accountsOfFirst }: ServerFacts, host: string): readonly CheckResult[] {
  const detail = { host, user: current.username };
  if (accountsOfFirst === "unseen") return [checkResult("accounts-unseen", detail)];
  return (accountsOfFirst ?? 1) > 1
    ? [checkResult("accounts-of-one-name", { ...detail, accounts: accountsOfFirst ?? 1 })]
    : [];
}

function judgeServer(rotation: Rotation, facts: ServerFacts, host: string, nowMs: number): readonly CheckResult[] {
  const { version, replicaLagMs = 0, locksAfterRefusals = Infinity } = facts;
  return [
    ...(facts.isSupported ? [] : [checkResult("engine-version-unsupported", { host, version })]),
    ...(facts.isReadOnly ? [failedCheck(new RekeyError("database-read-only", { context: { host } }))] : []),
    ...(replicaLagMs > tolerableLagMs
      ? [checkResult("server-replica-lagging", { host, lagMs: Math.round(replicaLagMs) })]
      : []),
    ...((facts.nodes ?? 1) > rotation.hosts.length
      ? [checkResult("users-not-replicated", { host, nodes: facts.nodes ?? 1, listed: rotation.hosts.length })]
      : []),
    ...(locksAfterRefusals <= mostRefusals
      ? [checkResult("server-locks-early", { host, refusals: locksAfterRefusals })]
      : []),
    ...judgeUsers(rotation, facts, host, nowMs),
  ];
}

/** What createSecret would have the server make. */
async function rehearseIssue(engine: DatabaseEngine, current: DatabaseSecret, context: StrategyContext): Promise<void> {
  await using own: (DatabaseSession & Partial<Rehearsal>) | undefined = await openSession(engine, current, context);
  await own?.rehearse?.({ method: "issue", current }, context.call);
}

/**
 * Runs setSecret's strategy on sessions where nothing stays, or asks for what createSecret has the server make. Only once
 * AWSCURRENT has logged in, so that no password made up for this look is offered to the server.
 */
async function rehearse(
  { engine, strategiesOf }: ExaminedRotation,
  { strategy, current }: Rotation,
  pending: DatabaseSecret | undefined,
  { call, ...context }: StrategyContext,
): Promise<readonly CheckResult[]> {
  const rehearsed = strategiesOf?.(rehearsedEngine(engine))[strategy.name];
  const { host } = context.target;
  const noted: CheckResult[] = [];
  const note = ({ code, detail }: AccountNote): void => void noted.push(checkResult(code, { host, ...detail }));
  try {
    if (pending === undefined) await rehearseIssue(engine, current, { ...context, call });
    else
      await rehearsed?.set(
        { current, pending },
        { ...context, call: { signal: call.signal, note } },
        async () => undefined,
      );
    return noted;
  } catch (error) {
    if (!isRekeyError(error)) throw error;
    const found = failedCheck(error);
    return [...noted, { ...found, detail: { ...found.detail, host } }];
  }
}

interface Look {
  readonly results: readonly CheckResult[];
  /** Whether AWSCURRENT logged in. */
  readonly isIn: boolean;
  /** Whether the change itself can be tried on such a session. */
  readonly canRehearse: boolean;
}

/** Logs in and asks. Nothing stays open: a user may be allowed one connection alone. */
async function look(deps: ExaminedRotation, rotation: Rotation, context: StrategyContext): Promise<Look> {
  const { engine, nowMs } = deps;
  const { host } = context.target;
  const { username } = rotation.current;
  await using own = await openSession(engine, rotation.current, context);
  const results: CheckResult[] = [];
  if (own === undefined) {
    const refused = { context: { host, user: username, label: "AWSCURRENT" } };
    const { refusedAlike } = engine;
    const hint = `set the password on the server to the one in AWSCURRENT; it refuses in the same way ${refusedAlike}`;
    results.push(
      failedCheck(new RekeyError("credential-refused", refusedAlike === undefined ? refused : { ...refused, hint })),
    );
  }
  await using admin = context.hasAdmin ? await openAdmin(engine, context) : undefined;
  if (context.hasAdmin && admin === undefined) {
    results.push(failedCheck(new RekeyError("credential-refused", { context: { host, user: "(admin)" } })));
  }
  const [session, other] = rotation.strategy.name === "single-user" ? [own ?? admin, admin] : [admin ?? own, own];
  if (session !== undefined && canInspect(session)) {
    const seen = await session.inspect(usersOf(rotation), context.call);
    // What the user may not see or do itself is the admin's.
    const isLeft = seen.accountsOfFirst === "unseen" || seen.users.get(username)?.mayBeChanged === false;
    const asksAdmin = isLeft && admin !== undefined && admin !== session && canInspect(admin);
    const facts = asksAdmin ? await admin.inspect(usersOf(rotation), context.call) : seen;
    const asksOther = facts.usersKeptIn === "unseen" && other !== undefined && other !== session && canInspect(other);
    const ofOther = asksOther ? await other.inspect([], context.call) : undefined;
    results.push(
      ...judgeServer(rotation, facts, host, nowMs()),
      ...judgeAccounts(rotation, facts, host),
      ...judgeRestart(facts, ofOther, host),
    );
    const expiresMs = facts.users.get(username)?.expiresAt?.getTime() ?? Infinity;
    if (own === undefined && expiresMs <= nowMs())
      results.push(failedCheck(new RekeyError("credential-expired", { context: { host, user: username } })));
  }
  return { results, isIn: own !== undefined, canRehearse: own !== undefined && canRehearse(own) };
}

async function checkServer(
  deps: ExaminedRotation,
  rotation: Rotation,
  pending: DatabaseSecret | undefined,
  context: StrategyContext,
): Promise<readonly CheckResult[]> {
  const looked = await look(deps, rotation, context);
  if (!looked.isIn) return looked.results;
  const rehearsed = await rehearse(deps, rotation, pending, context);
  // Where the change itself was tried, it says more about rights than what one session may do: another may stand in for it.
  const isTried = deps.strategiesOf !== undefined && looked.canRehearse;
  const known = looked.results.filter(({ code }) => code !== "database-rights-missing" || !isTried);
  return [...known, ...rehearsed.filter(({ code }) => !known.some((one) => one.code === code))];
}

/** Every server of the secret: reached, verified, logged in to, asked, and setSecret rehearsed. Changes nothing. */
export async function checkServers(
  deps: ExaminedRotation,
  rotation: Rotation,
  pending: DatabaseSecret | undefined,
): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const context of rotation.hosts) {
    try {
      results.push(...(await checkServer(deps, rotation, pending, context)));
    } catch (error) {
      if (!isRekeyError(error)) throw error;
      results.push({ ...failedCheck(error), detail: { ...failedCheck(error).detail, host: context.target.host } });
    }
  }
  return results;
}
