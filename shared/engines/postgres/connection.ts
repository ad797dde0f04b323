import { Client, type ClientConfig } from "pg";
import type { ErrorCode } from "../../errors/codes.ts";
import type { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget, LoginRefusal } from "../../ports/database-engine.ts";
import { timeSpent, unlessAborted } from "../connecting/cut-on-abort.ts";
import { closeTimeoutMs, connectTimeoutMs, maxScramIterations } from "../connecting/limits.ts";
import { isVerified, tlsOptions } from "../connecting/tls-options.ts";
import { guardAnswers } from "./guard-answers.ts";
import type { PasswordHash } from "./password-hash.ts";
import { loginFailure, type LoginFacts } from "./login-failure.ts";
import { sqlState, translateError } from "./translate-error.ts";

/** Later than the server's own limits, for a server that has gone silent. */
const answerTimeoutMs = 15_000;

/** Whoever stands behind an unverified certificate could ask for the password in clear; it is never handed over. */
class CleartextRefused extends Error {
  readonly code = "ERR_TLS_CLEARTEXT_PASSWORD";
}

/** One connection; every wait on it ends with the call's signal, by cutting the socket. */
export interface Connection {
  /** Of the server that answered the login, in the login's own words; a pooler makes it up. */
  readonly processId: number | undefined;
  /** Runs one statement. Errors: the table of `translateError`. */
  run<Row extends object>(operation: string, sql: string, call: CallOptions): Promise<readonly Row[]>;
  /** The form in which the server keeps the password, by how it asked for it; absent where that did not show it. */
  readonly passwordHash?: PasswordHash | undefined;
  close(): Promise<void>;
}

/** A server that has a SCRAM verifier asks for no MD5, and the other way around. By the driver's names of messages. */
const hashByRequest: Readonly<Record<string, PasswordHash>> = {
  authenticationMD5Password: "md5",
  authenticationSASL: "scram-sha-256",
};

/** What sets one product's answers apart from another's. */
export interface Dialect {
  /** What a login that an answer ended means; `undefined`: by the table of `translateError`. */
  failureOf(error: unknown, facts: LoginFacts): LoginRefusal | RekeyError | undefined;
  /** What to do there, by code, in place of the general hints. */
  readonly hints?: Partial<Record<ErrorCode, string>>;
}

/** Where the general hint of a code names no statement. */
export const hints = {
  "credential-expired": "ALTER ROLE … VALID UNTIL 'infinity', then rotate again",
  "pooler-keeps-password": "the server refused the pooler: it holds an older password, or the user has expired",
} as const satisfies Dialect["hints"];

const postgres: Dialect = { failureOf: loginFailure, hints };

/** Connects and logs in. A wrong password is a result. Errors: those of the dialect, the table of `translateError`. */
export async function connect(
  target: DatabaseTarget,
  credential: Credential,
  call: CallOptions,
  dialect: Dialect = postgres,
): Promise<Connection | LoginRefusal> {
  if (call.signal.aborted) throw timeSpent("log in");
  const client = new Client({
    host: target.host,
    port: target.port,
    database: target.dbname,
    user: credential.username,
    password: credential.password.reveal(),
    // Unset, the driver would read it from the environment.
    ssl: tlsOptions(target.tls) ?? false,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: answerTimeoutMs,
    application_name: "rekey",
    scramMaxIterations: maxScramIterations,
  } as ClientConfig);
  let passwordHash: PasswordHash | undefined;
  let isAccepted = false;
  const guard = guardAnswers(client.connection, (name) => {
    passwordHash = hashByRequest[name] ?? passwordHash;
    if (name === "authenticationCleartextPassword" && !isVerified(target.tls)) throw new CleartextRefused();
    isAccepted ||= name === "authenticationSASLFinal";
  });
  const cut = (): void => {
    client.connection.stream.destroy();
  };
  // A cut connection is reported by the statement in flight, or by the next; without a listener it would end the process.
  let lost: unknown;
  client.on("error", (error) => {
    lost ??= error;
  });

  let isReached = false;
  client.connection.stream.once("connect", () => {
    isReached = true;
  });
  async function run<Row extends object>(operation: string, sql: string, options: CallOptions) {
    try {
      const query = async () => {
        guard.expectAnswer();
        return client.query<Row>(sql);
      };
      const result = await unlessAborted(query, options.signal, cut);
      // Of several statements, or of one that the server gives several answers, no rows are wanted.
      return Array.isArray(result) ? [] : result.rows;
    } catch (error) {
      // What was sent may still be answered, so nothing else can be asked.
      if (sqlState(error) === undefined) cut();
      throw translateError(lost ?? error, options, operation, isReached, dialect.hints);
    }
  }

  try {
    await unlessAborted(async () => client.connect(), call.signal, cut);
  } catch (error) {
    cut();
    const facts = { user: credential.username, isEncrypted: target.tls.mode !== "disable", isAccepted };
    const failure = call.signal.aborted ? undefined : dialect.failureOf(error, facts);
    if (typeof failure === "string") return failure;
    if (failure !== undefined) throw failure;
    throw translateError(error, call, "log in", isReached);
  }
  return {
    processId: (client as Client & { readonly processID: number | null }).processID ?? undefined,
    run,
    passwordHash,
    async close() {
      const forced = setTimeout(cut, closeTimeoutMs);
      await client.end().catch(() => undefined);
      clearTimeout(forced);
    },
  };
}
