import { RekeyError } from "../../errors/rekey-error.ts";
import type { Credential, DatabaseEngine, DatabaseSession } from "../ports.ts";
import type { StrategyContext } from "./strategy.ts";

/** What a login needs of a strategy's context. */
export type Host = Pick<StrategyContext, "target" | "call">;

/**
 * A session, or `undefined` for a wrong password. Any other refusal (an expired user, one that may not log in, a host
 * rule) is the same for every password of that user, so no further one is offered. Errors: `credential-expired`,
 * `credential-refused`.
 */
export async function openSession<Session extends DatabaseSession>(
  engine: DatabaseEngine<Session>,
  credential: Credential,
  { target, call }: Host,
): Promise<Session | undefined> {
  const login = await engine.login(target, credential, call);
  if (login.ok) return login.session;
  const { refusal } = login;
  if (refusal === "bad-credential") return undefined;
  throw new RekeyError(refusal === "expired" ? "credential-expired" : "credential-refused", {
    context: { user: credential.username, refusal },
  });
}

/** Whether the credential logs in now. */
export async function logsIn(engine: DatabaseEngine, credential: Credential, host: Host): Promise<boolean> {
  await using session = await openSession(engine, credential, host);
  return session !== undefined;
}

/** A session of one of these users, from a version that the secret held before; `undefined` when none logs in. */
export async function openEarlier<Session extends DatabaseSession>(
  engine: DatabaseEngine<Session>,
  usernames: readonly string[],
  context: StrategyContext,
): Promise<Session | undefined> {
  for await (const earlier of context.earlier()) {
    const session = usernames.includes(earlier.username) ? await openSession(engine, earlier, context) : undefined;
    if (session !== undefined) return session;
  }
  return undefined;
}

/** The admin's session; `undefined` when the secret has no admin or none of the admin's versions logs in. */
export async function openAdmin<Session extends DatabaseSession>(
  engine: DatabaseEngine<Session>,
  context: StrategyContext,
): Promise<Session | undefined> {
  for await (const admin of context.admins()) {
    const session = await openSession(engine, admin, context);
    if (session !== undefined) return session;
  }
  return undefined;
}

/** The admin's session, for what no other user may do. Errors: `admin-secret-refused`, `credential-refused`. */
export async function requireAdmin<Session extends DatabaseSession>(
  engine: DatabaseEngine<Session>,
  context: StrategyContext,
): Promise<Session> {
  if (!context.hasAdmin) throw new RekeyError("admin-secret-refused", { context: { problem: "no admin secret" } });
  const session = await openAdmin(engine, context);
  if (session === undefined) throw new RekeyError("credential-refused", { context: { user: "(admin)" } });
  return session;
}

export const orphaned = ({ username }: Credential): RekeyError =>
  new RekeyError("credential-orphaned", { context: { user: username } });
