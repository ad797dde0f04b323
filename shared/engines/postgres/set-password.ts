import { escapeIdentifier, escapeLiteral } from "pg";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential } from "../../ports/database-engine.ts";
import { type Connection, hints } from "./connection.ts";
import { refuseScramOnly } from "./host-rules.ts";
import { hashedPassword, type PasswordHash, passwordHash } from "./password-hash.ts";
import { type Account, readAccounts, type SessionFacts } from "./account.ts";
import { rightsMissing } from "./rights.ts";

/** What decides the form in which the server keeps a password. */
export interface HashTerms {
  /** What the secret's tag asks for. */
  readonly wanted: PasswordHash | undefined;
  /** The present form, as a login of the user has shown it. */
  readonly known: PasswordHash | undefined;
  /** The user whose form it is. */
  readonly of: string;
}

async function readHash(connection: Connection, name: string, call: CallOptions): Promise<PasswordHash | undefined> {
  const [row] = await connection.run<{ hash: string | null }>(
    "read hash",
    `SELECT CASE WHEN rolpassword LIKE 'md5%' THEN 'md5' WHEN rolpassword LIKE 'SCRAM-SHA-256$%' THEN 'scram-sha-256' END AS hash
       FROM pg_authid WHERE rolname = ${escapeLiteral(name)}`,
    call,
  );
  return passwordHash(row?.hash);
}

/**
 * The form that the password gets: the tag's, else the one that the user has, else the server's own choice. A client that knows
 * only MD5 is locked out by a SCRAM verifier, so without the tag nothing is changed. Errors: `option-invalid`.
 */
export async function chooseHash(
  connection: Connection,
  { wanted, known, of }: HashTerms,
  session: SessionFacts,
  call: CallOptions,
): Promise<PasswordHash> {
  const present = known ?? (session.seesHashes ? await readHash(connection, of, call) : undefined);
  const hash = wanted ?? present ?? passwordHash(session.defaultHash) ?? "scram-sha-256";
  if (present !== undefined && present !== hash) {
    if (hash === "md5") await refuseScramOnly(connection, of, session, call);
    call.note?.({ code: "password-hash-changes", detail: { user: of, from: present, to: hash } });
  }
  if (hash === "md5") call.note?.({ code: "password-hash-weak", detail: { user: of } });
  return hash;
}

export async function writePassword(
  connection: Connection,
  credential: Credential,
  hash: PasswordHash,
  { iterations }: SessionFacts,
  call: CallOptions,
): Promise<void> {
  const stored = await hashedPassword(credential, hash, iterations);
  await connection.run(
    "set password",
    `ALTER ROLE ${escapeIdentifier(credential.username)} WITH PASSWORD ${escapeLiteral(stored)}`,
    call,
  );
}

/** Errors: `credential-expired`, `database-rights-missing`. */
export function checkAccount(user: string, { lacks, isExpired }: Account): void {
  if (lacks !== null) throw rightsMissing(user, lacks);
  if (isExpired) {
    throw new RekeyError("credential-expired", { context: { user }, hint: hints["credential-expired"] });
  }
}

/**
 * Sets a role's password by what the server keeps in its place. Errors: `credential-expired`, `server-misbehaved`,
 * `database-rights-missing`, `database-read-only`, `option-invalid`.
 */
export async function setPassword(
  connection: Connection,
  credential: Credential,
  terms: HashTerms,
  call: CallOptions,
): Promise<void> {
  const { username } = credential;
  if (Buffer.byteLength(username) > 63) {
    throw new RekeyError("secret-malformed", { context: { field: "username", problem: "longer than 63 bytes" } });
  }
  const { session, byName } = await readAccounts(connection, [username], call);
  const account = byName.get(username);
  if (account !== undefined) checkAccount(username, account);
  const hash = await chooseHash(connection, terms, session, call);
  await writePassword(connection, credential, hash, session, call);
}
