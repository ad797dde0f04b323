import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { ChangeTerms, Credential } from "../../ports/database-engine.ts";
import type { SecretValue } from "../../secrets/secret-value.ts";
import type { Connection } from "../ldap/connection.ts";
import { type Directory, intervalAt, isOwn, requireUser, timeAt, type User } from "./directory.ts";
import { codes, details, resultError } from "./translate-error.ts";

const operation = "set password";
export const unicodePwd = "unicodePwd";

/** The one form that a domain controller takes a password in. Source: MS-ADTS, 3.1.1.3.1.5.1. */
export const quoted = (password: SecretValue): Buffer => Buffer.from(`"${password.reveal()}"`, "utf16le");

/** Where the login was to another user than the one that the name leads to. Errors: `account-unsupported`. */
export function requireSame(user: User, username: string, account: string | undefined): void {
  if (account === undefined || account === user.sid.toString("hex")) return;
  throw new RekeyError("account-unsupported", {
    context: { user: username, property: "name that leads to another user" },
    hint: "the domain controller logs another user in by this name than the one that its entry names: write the user's distinguished name in the secret",
  });
}

/** For an admin neither the password's age nor its history counts. */
const leftToAdmin = (): RekeyError =>
  new RekeyError("database-rights-missing", {
    context: { operation, reason: "password restriction" },
  });

/**
 * Errors: `account-unsupported` while the domain does not let the user change its own password again. A policy that the user has
 * in addition to the domain's is not shown to it.
 */
async function requireAge(
  connection: Connection,
  { domain }: Directory,
  user: User,
  username: string,
  call: CallOptions,
): Promise<void> {
  const rules = await connection.read(domain, ["minPwdAge"], call);
  const until = (timeAt(user, "pwdLastSet")?.getTime() ?? 0) + intervalAt(rules, "minPwdAge");
  if (until <= Date.now()) return;
  throw new RekeyError("account-unsupported", {
    context: {
      user: username,
      property: "password policy",
      reason: "minimum password age",
      until: new Date(until).toISOString(),
    },
    hint: "the domain lets a user change its own password only some time after the last change: rotate less often than its minimum password age, or name an admin secret in masterarn, whose changes have to wait for nothing",
  });
}

/** What the session needs of the engine. */
export interface Session {
  readonly connection: Connection;
  readonly directory: Directory;
  readonly login: Credential;
  /** Whether this credential logs in, on a connection of its own. */
  readonly logsIn: (credential: Credential, call: CallOptions) => Promise<boolean>;
}

/** The old password ends by the change that brings the new one. A user may do no more, also where it has many rights. */
async function changeOwn(
  { connection, directory, login, logsIn }: Session,
  user: User,
  next: Credential,
  hasAdmin: boolean,
  call: CallOptions,
): Promise<void> {
  const changes = [
    { operation: "delete", values: [quoted(login.password)] },
    { operation: "add", values: [quoted(next.password)] },
  ] as const;
  const result = await connection.modify(user.dn, unicodePwd, changes, call);
  if (result.code === codes.success) return;
  if (result.detail === details.wrongPassword) {
    // The login was let in by the password before the current one: this change was made before, or somebody made another.
    if (await logsIn(next, call)) return;
    throw new RekeyError("credential-refused", {
      context: { user: next.username, problem: "not the current password" },
      hint: "the password still logs in, as Active Directory remembers the last one for an hour, but somebody has replaced it: write the current one into the secret, or rotate again after that hour with an admin secret",
    });
  }
  if (result.detail === details.passwordPolicy) {
    if (hasAdmin) throw leftToAdmin();
    await requireAge(connection, directory, user, next.username, call);
  }
  throw resultError(result, operation);
}

/** The user that the name stands for, where the session may set its password, and whether it is the session's own. */
async function userToChange(
  { connection, directory, login }: Session,
  { username }: Credential,
  { own }: ChangeTerms,
  call: CallOptions,
): Promise<{ readonly user: User; readonly isOfSession: boolean }> {
  const user = await requireUser(connection, directory, username, call, ["pwdLastSet"]);
  requireSame(user, username, own?.account);
  const isOfSession = isOwn(directory, user);
  // The session's own name, which leads to another user than the session is.
  if (!isOfSession && login.username === username) requireSame(user, username, "");
  return { user, isOfSession };
}

/**
 * By the user itself, or by an admin. Errors: `credential-refused`, `account-unsupported`, `database-rights-missing`, those of
 * `resultError`.
 */
export async function setPassword(
  session: Session,
  next: Credential,
  call: CallOptions,
  terms: ChangeTerms = {},
): Promise<void> {
  const { user, isOfSession } = await userToChange(session, next, terms, call);
  if (isOfSession) return changeOwn(session, user, next, terms.hasAdmin === true, call);
  const change = { operation: "replace", values: [quoted(next.password)] } as const;
  const result = await session.connection.modify(user.dn, unicodePwd, [change], call);
  if (result.code !== codes.success) throw resultError(result, operation);
}

/** As far as the change, which no domain controller takes on trial. */
export async function rehearsePassword(
  session: Session,
  next: Credential,
  call: CallOptions,
  terms: ChangeTerms = {},
): Promise<void> {
  const { user, isOfSession } = await userToChange(session, next, terms, call);
  if (!isOfSession) return;
  await requireAge(session.connection, session.directory, user, next.username, call).catch((error: unknown) => {
    throw terms.hasAdmin === true && isRekeyError(error, "account-unsupported") ? leftToAdmin() : error;
  });
}
