import { type PoolerAnswer, poolerAnswer } from "../../engines/postgres/wire/pooler-answers.ts";
import { type Explanation, tlsFailure } from "./tls-failure.ts";

/** An error that the server, or a pooler before it, answered with. */
export interface PostgresAnswer extends Error {
  /** SQLSTATE. */
  readonly code?: string | undefined;
  /** The place in the server's source. */
  readonly routine?: string | undefined;
}

/** A wrong password, or a user that may not log in any more. */
const refusals: ReadonlySet<string | undefined> = new Set(["28P01", "28000"]);
/** All connections of the server, of the role or of the database are in use, or a limit that the server is configured for. */
const limits: ReadonlySet<string | undefined> = new Set(["53300", "53400"]);
const fullPooler: ReadonlySet<PoolerAnswer | undefined> = new Set([
  "pooler full",
  "role full",
  "database full",
  "no connection left",
]);

const answerOf = ({ code, message }: PostgresAnswer): PoolerAnswer | undefined =>
  code === "08P01" ? poolerAnswer(message) : undefined;

const wantsTls: Pick<Explanation, "code" | "hint"> = {
  code: "tls-refused",
  hint: "the server has no place in pg_hba.conf for this user, host and database without TLS: write ssl: true in the secret, or give pool.ssl",
};

/** By the place in the server's source, which is the same in every language. */
const hints: Readonly<Record<string, string>> = {
  ClientAuthentication: "allow the host, the user and the database in pg_hba.conf",
  InitializeSessionUserId: "ALTER ROLE … LOGIN",
  auth_failed: "this user logs in by another method than a password (IAM, LDAP, ident, a certificate)",
};

/** What an error of a login means to a pool. */
export interface PostgresLogins {
  /**
   * Whether the server, or a pooler before it, refused this login, which it says before any query was sent. PgBouncer has one
   * SQLSTATE for everything; that its own login to the server was refused also means that there is a newer credential.
   */
  isRefusedLogin(error: unknown): boolean;
  /** Whether the server, or a pooler before it, takes no more connections of this user, for this database or at all. */
  isConnectionLimit(error: unknown): boolean;
  /** What an error of a login means, where the driver's own does not say it. */
  explainLogin(error: unknown, isEncrypted: boolean): Explanation | undefined;
}

/** `isAnswer`: whether a driver's error is one that the server answered with. */
export function postgresLogins(isAnswer: (error: unknown) => error is PostgresAnswer): PostgresLogins {
  function isRefusedLogin(error: unknown): boolean {
    if (!isAnswer(error)) return false;
    if (error.code !== "08P01") return refusals.has(error.code);
    const answer = answerOf(error);
    return answer === undefined || answer === "server refuses" || answer === "no LOGIN";
  }

  return {
    isRefusedLogin,
    isConnectionLimit: (error) => isAnswer(error) && (limits.has(error.code) || fullPooler.has(answerOf(error))),
    explainLogin(error, isEncrypted) {
      if (!isAnswer(error)) return tlsFailure(error);
      const isUnencrypted =
        !isEncrypted &&
        (error.code === "28000" ? error.routine === "ClientAuthentication" : answerOf(error) === "unencrypted");
      if (isUnencrypted) return { ...wantsTls, context: { sqlstate: error.code, reason: "not encrypted" } };
      if (!isRefusedLogin(error)) return undefined;
      const hint = error.code === "28000" ? hints[error.routine ?? ""] : undefined;
      return { code: "credential-refused", context: { sqlstate: error.code }, ...(hint === undefined ? {} : { hint }) };
    },
  };
}
