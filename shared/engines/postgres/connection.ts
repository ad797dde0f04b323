import { Client, type ClientConfig } from "pg";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions, Credential, DatabaseTarget, LoginRefusal } from "../../rotation/ports.ts";
import { sqlState, translateError } from "./translate-error.ts";

/** A host that cannot be reached, or does not answer, is reported after this long, well before any function's own time-out. */
const connectTimeoutMs = 5_000;

/** Later than the server's own limits, for a server that has gone silent. */
const answerTimeoutMs = 15_000;

function tlsOptions(tls: DatabaseTarget["tls"]): NonNullable<ClientConfig["ssl"]> {
  if (tls.mode === "disable") return false;
  return {
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    rejectUnauthorized: tls.mode !== "require",
    minVersion: "TLSv1.2",
    ...(tls.mode === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
  };
}

/** Whoever stands behind an unverified certificate could ask for the password in clear; it is never handed over. */
class CleartextRefused extends Error {
  readonly code = "ERR_TLS_CLEARTEXT_PASSWORD";
}

type Stream = Client["connection"]["stream"];

/**
 * The driver's parser throws at what it does not know, such as an authentication method, inside of a listener of the
 * socket, which would end the process. Here the socket ends with that error instead.
 */
function guardParser(connection: Client["connection"]): void {
  const internal = connection as unknown as { attachListeners: (stream: Stream) => void };
  const attach = internal.attachListeners.bind(connection);
  internal.attachListeners = (stream) => {
    attach(stream);
    const parse = stream.listeners("data").at(-1) as (chunk: Buffer) => void;
    stream.off("data", parse).on("data", (chunk: Buffer) => {
      try {
        parse(chunk);
      } catch (error) {
        stream.destroy(error as Error);
      }
    });
  };
}

/** One connection; every wait on it ends with the call's signal, by cutting the socket. */
export interface Connection {
  /** Runs one statement. Errors: the table of `translateError`. */
  run<Row extends object>(operation: string, sql: string, call: CallOptions): Promise<readonly Row[]>;
  close(): Promise<void>;
}

/** What the SQLSTATE of a refused login means since PostgreSQL 9. */
function refusalOf(error: unknown): LoginRefusal | undefined {
  const state = sqlState(error);
  if (state === "28P01") return "bad-credential";
  return state === "28000" ? "login-not-allowed" : undefined;
}

/** Connects and logs in. A refused login is a result. Errors: the table of `translateError`. */
export async function connect(
  target: DatabaseTarget,
  credential: Credential,
  call: CallOptions,
  refusal: (error: unknown) => LoginRefusal | undefined = refusalOf,
): Promise<Connection | LoginRefusal> {
  if (call.signal.aborted) throw new RekeyError("time-budget-spent", { context: { operation: "log in" } });
  const client = new Client({
    host: target.host,
    port: target.port,
    database: target.dbname,
    user: credential.username,
    password: credential.password.reveal(),
    ssl: tlsOptions(target.tls),
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: answerTimeoutMs,
    application_name: "rekey",
    scramMaxIterations: 10_000_000,
  } as ClientConfig);
  guardParser(client.connection);
  if (!target.tls.mode.startsWith("verify")) {
    client.connection.on("authenticationCleartextPassword", () =>
      client.connection.stream.destroy(new CleartextRefused()),
    );
  }
  // A cut connection is reported by the statement in flight; without a listener it would end the process.
  client.on("error", () => undefined);

  const bounded = async <Result>(work: Promise<Result>, { signal }: CallOptions): Promise<Result> => {
    const cut = (): void => {
      client.connection.stream.destroy();
    };
    signal.addEventListener("abort", cut, { once: true });
    try {
      signal.throwIfAborted();
      return await work;
    } finally {
      signal.removeEventListener("abort", cut);
    }
  };

  let isReached = false;
  client.connection.stream.once("connect", () => {
    isReached = true;
  });
  try {
    await bounded(client.connect(), call);
  } catch (error) {
    client.connection.stream.destroy();
    const refused = refusal(error);
    if (refused !== undefined) return refused;
    throw translateError(error, call, "log in", isReached);
  }
  return {
    async run<Row extends object>(operation: string, sql: string, options: CallOptions) {
      try {
        return (await bounded(client.query<Row>(sql), options)).rows;
      } catch (error) {
        throw translateError(error, options, operation, isReached);
      }
    },
    async close() {
      const forced = setTimeout(() => client.connection.stream.destroy(), 1_000);
      await client.end().catch(() => undefined);
      clearTimeout(forced);
    },
  };
}
