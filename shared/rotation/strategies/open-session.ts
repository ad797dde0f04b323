import { codes } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type {
  Credential,
  DatabaseEngine,
  DatabaseSession,
  OwnAccount,
  OwnAccountReading,
} from "../../ports/database-engine.ts";
import type { RestoreAuthority, StoredLogin, StrategyContext, Versions } from "./strategy.ts";

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
  const { refusal, hint } = login;
  if (refusal === "bad-credential") return undefined;
  throw new RekeyError(refusal === "expired" ? "credential-expired" : "credential-refused", {
    context: { user: credential.username, refusal },
    hint,
  });
}

/** Whether the credential logs in now. */
export async function logsIn(engine: DatabaseEngine, credential: Credential, host: Host): Promise<boolean> {
  await using session = await openSession(engine, credential, host);
  return session !== undefined;
}

/** A session, and the login that opened it. Disposing closes the session. */
export interface OpenLogin<Session extends DatabaseSession> extends AsyncDisposable {
  readonly session: Session;
  readonly credential: Credential;
}

/** A login with the credential itself; `undefined` for a wrong password. Errors: those of `openSession`. */
export async function openLogin<Session extends DatabaseSession>(
  engine: DatabaseEngine<Session>,
  credential: Credential,
  host: Host,
): Promise<OpenLogin<Session> | undefined> {
  const session = await openSession(engine, credential, host);
  if (session === undefined) return undefined;
  return { session, credential, [Symbol.asyncDispose]: async () => session[Symbol.asyncDispose]() };
}

async function openFirst<Session extends DatabaseSession>(
  engine: DatabaseEngine<Session>,
  logins: AsyncIterable<StoredLogin>,
  { call }: Host,
  isWanted: (credential: Credential) => boolean = () => true,
): Promise<OpenLogin<Session> | undefined> {
  for await (const { credential, target } of logins) {
    const login = isWanted(credential) ? await openLogin(engine, credential, { target, call }) : undefined;
    if (login !== undefined) return login;
  }
  return undefined;
}

/** A session of one of these users, from a version that the secret held before; `undefined` when none logs in. */
export const openEarlier = async <Session extends DatabaseSession>(
  engine: DatabaseEngine<Session>,
  usernames: readonly string[],
  context: StrategyContext,
): Promise<OpenLogin<Session> | undefined> =>
  openFirst(engine, context.earlier(), context, ({ username }) => usernames.includes(username));

const openAdminLogin = async <Session extends DatabaseSession>(
  engine: DatabaseEngine<Session>,
  context: StrategyContext,
): Promise<OpenLogin<Session> | undefined> => openFirst(engine, context.admins(), context);

/** The admin's session; `undefined` when the secret has no admin or none of the admin's versions logs in. */
export const openAdmin = async <Session extends DatabaseSession>(
  engine: DatabaseEngine<Session>,
  context: StrategyContext,
): Promise<Session | undefined> => (await openAdminLogin(engine, context))?.session;

/**
 * The admin's session, to replace a password that no version of the secret has: whoever writes the secret could name anyone's
 * user, so only for a user that the function's owner gave to it.
 */
export const openAdminToRecover = async <Session extends DatabaseSession>(
  engine: DatabaseEngine<Session>,
  { username }: Credential,
  context: StrategyContext,
): Promise<Session | undefined> => (context.isGranted(username) ? openAdmin(engine, context) : undefined);

/** A login whose session may put AWSCURRENT back, as far as the authority goes; `undefined` when none logs in. */
export async function openToRestore<Session extends DatabaseSession>(
  engine: DatabaseEngine<Session>,
  { current, pending }: Versions,
  context: StrategyContext,
  authority: RestoreAuthority,
): Promise<OpenLogin<Session> | undefined> {
  const asPending = async (): Promise<OpenLogin<Session> | undefined> => openLogin(engine, pending, context);
  const asEarlier = async (): Promise<OpenLogin<Session> | undefined> =>
    openEarlier(engine, [current.username], context);
  const asAdmin = async (): Promise<OpenLogin<Session> | undefined> => openAdminLogin(engine, context);
  const openers = { none: [], pending: [asPending], any: [asPending, asEarlier, asAdmin] }[authority];
  for (const open of openers) {
    const login = await open();
    if (login !== undefined) return login;
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

export const orphaned = (
  { username }: Credential,
  { refusedAlike }: Pick<DatabaseEngine, "refusedAlike">,
): RekeyError =>
  new RekeyError("credential-orphaned", {
    context: { user: username },
    hint: refusedAlike && `${codes["credential-orphaned"].hint}; the server refuses in the same way ${refusedAlike}`,
  });

/** What a session reports about its user's account; nothing where its engine reports nothing. */
export const ownAccount = async (session: Partial<OwnAccountReading>, call: CallOptions): Promise<OwnAccount> =>
  (await session.readOwnAccount?.(call)) ?? {};
