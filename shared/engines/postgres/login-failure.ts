import type { ErrorCode } from "../../errors/codes.ts";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { LoginRefusal } from "../../ports/database-engine.ts";
import { type PoolerAnswer, poolerAnswer } from "./wire/pooler-answers.ts";
import { sqlState, stringField } from "./translate-error.ts";

export interface LoginFacts {
  readonly user: string;
  readonly isEncrypted: boolean;
  /** The other side has shown by SCRAM's last message that it took the password. */
  readonly isAccepted: boolean;
}

type Cause = PoolerAnswer | "starting or stopping";

const explanations: Readonly<Record<Cause, readonly [ErrorCode, string]>> = {
  unencrypted: [
    "credential-refused",
    "the connection was not encrypted: set ssl to true in the secret, or allow it without TLS in pg_hba.conf",
  ],
  "host rule": [
    "credential-refused",
    "allow host, user and database in pg_hba.conf; behind a pooler, the pooler's host",
  ],
  "other method": [
    "credential-refused",
    "this user logs in by IAM, LDAP, PAM, ident or a certificate: REVOKE rds_iam, or change pg_hba.conf",
  ],
  "no LOGIN": ["credential-refused", "ALTER ROLE … LOGIN"],
  "no CONNECT": ["credential-refused", "GRANT CONNECT ON DATABASE … TO …"],
  "unknown database": ["database-unknown", "correct dbname in the secret; a pooler must list it too"],
  "closed database": ["database-failed", "ALTER DATABASE … ALLOW_CONNECTIONS true; PgBouncer: ENABLE"],
  "server refuses": [
    "credential-expired",
    "the pooler took the password, the server refused the pooler: VALID UNTIL has passed, or [databases] of PgBouncer holds an older password",
  ],
  "role full": ["database-busy", "raise the role's CONNECTION LIMIT"],
  "database full": ["database-busy", "raise the database's CONNECTION LIMIT"],
  "no connection left": ["database-busy", "raise max_connections; the last are reserved for superusers"],
  "pooler full": ["database-busy", "raise max_client_conn or default_pool_size of the pooler"],
  "starting or stopping": ["database-busy", "the server is starting, stopping or in recovery: wait"],
  "server unavailable": ["database-busy", "the pooler does not reach the server: look at its log"],
  "pooler settings": ["database-failed", "look at the pooler's log"],
};

/** By SQLSTATE, and where it has several causes by the place in the server's source too, which is the same in every language. */
const causes: Readonly<Record<string, Cause>> = {
  "28000 ClientAuthentication": "host rule",
  "28000 InitializeSessionUserId": "no LOGIN",
  "28000 auth_failed": "other method",
  "3D000": "unknown database",
  "42501": "no CONNECT",
  "53300 CheckMyDatabase": "database full",
  "53300 InitializeSessionUserId": "role full",
  "53300": "no connection left",
  "55000": "closed database",
  "57P03": "starting or stopping",
};

/** The place in the server's source that each error of a server names, and none of a pooler. */
const routineOf = (error: unknown): string | undefined => stringField(error, "routine");

function causeOf(error: unknown, state: string, isEncrypted: boolean): Cause | undefined {
  const routine = routineOf(error);
  if (routine === undefined) return poolerAnswer(stringField(error, "message") ?? "") ?? causes[state];
  const cause = causes[`${state} ${routine}`] ?? causes[state];
  return cause === "host rule" && !isEncrypted ? "unencrypted" : cause;
}

/**
 * What a login that an answer ended means; `undefined`: the answer says nothing of logins. Through a pooler a refusal has
 * SQLSTATE 08P01.
 */
export function loginFailure(error: unknown, facts: LoginFacts): LoginRefusal | RekeyError | undefined {
  const state = sqlState(error);
  if (state === undefined) return undefined;
  const isPlain = state === "28P01" && !facts.isAccepted;
  const cause = isPlain ? undefined : causeOf(error, state, facts.isEncrypted);
  if (cause !== undefined) {
    const [code, hint] = explanations[cause];
    return new RekeyError(code, {
      context: { operation: "log in", sqlstate: state, user: facts.user, reason: cause },
      hint,
    });
  }
  if (state === "28000") return "login-not-allowed";
  return state === "28P01" || (state === "08P01" && routineOf(error) === undefined) ? "bad-credential" : undefined;
}
