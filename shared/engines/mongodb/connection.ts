import type { Document } from "mongodb";
import { connect as logIn } from "mongodb/lib/cmap/connect.js";
import { MongoCredentials } from "mongodb/lib/cmap/auth/mongo_credentials.js";
import { ns } from "mongodb/lib/utils.js";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { cutOnAbort, timeSpent } from "../connecting/cut-on-abort.ts";
import { connectTimeoutMs } from "../connecting/limits.ts";
import { openSocket } from "../connecting/open-socket.ts";
import { GuardedSocket } from "./guarded-socket.ts";
import { scramLogin } from "./scram-login.ts";
import { translateError } from "./translate-error.ts";

const commandTimeoutMs = 10_000;

/** One connection that is logged in; every wait on it ends with the call's signal, by cutting the socket. */
export interface Connection {
  /** Errors: the table of `translateError`. */
  run(operation: string, database: string, command: Document, call: CallOptions): Promise<Document>;
  close(): void;
}

/**
 * Ends with the call, and with the connection, which the driver does not: a request that it is about to write when the
 * connection is cut is waited for without end. The error tells why it was cut where the answers were not MongoDB's.
 */
async function bounded<Result>(
  work: () => Promise<Result>,
  socket: GuardedSocket,
  operation: string,
  { signal }: CallOptions,
): Promise<Result> {
  const lost = (): RekeyError =>
    new RekeyError(signal.aborted ? "time-budget-spent" : "connection-lost", { context: { operation } });
  let closed = (): void => undefined;
  if (signal.aborted) throw timeSpent(operation);
  // The driver's own error, where it has one, comes first.
  const ended = new Promise<never>((_resolve, reject) => (closed = () => void setImmediate(() => reject(lost()))));
  socket.once("close", closed);
  if (socket.closed) closed();
  try {
    return await cutOnAbort(
      async () => Promise.race([work(), ended]),
      signal,
      () => socket.destroy(),
    );
  } catch (error) {
    if (socket.problem === undefined) throw error;
    throw new RekeyError("server-misbehaved", { context: { operation, problem: socket.problem } });
  } finally {
    socket.off("close", closed);
  }
}

/**
 * Connects and logs in by SCRAM, so that the password is not sent, and the server proves that it holds the user's verifier.
 * Throws the driver's error for a refused login, for the caller to tell it from a fault, and rekey's own for a server that
 * cannot be reached or trusted.
 */
export async function connect(
  target: DatabaseTarget,
  { username, password }: Credential,
  source: string,
  call: CallOptions,
): Promise<Connection> {
  const socket = new GuardedSocket(await openSocket(target, call));
  const scram = scramLogin();
  const login = async () => {
    const connection = await logIn({
      existingSocket: socket,
      hostAddress: { host: target.host, port: target.port },
      id: 1,
      generation: 0,
      monitorCommands: false,
      metadata: Promise.resolve({ application: { name: "rekey" } }),
      credentials: new MongoCredentials({
        username,
        password: password.reveal(),
        source,
        mechanism: "DEFAULT",
        mechanismProperties: {},
      }),
      authProviders: scram.providers,
      connectTimeoutMS: connectTimeoutMs,
    });
    if (scram.isProved()) return connection;
    // The driver does not log in to a server that calls itself an arbiter.
    throw new RekeyError("database-read-only", {
      context: { operation: "log in", problem: "an arbiter" },
      hint: "name the primary in the secret: an arbiter holds no users",
    });
  };
  const connection = await bounded(login, socket, "log in", call).catch((error: unknown) => {
    socket.destroy();
    throw error;
  });
  return {
    async run(operation, database, command, options) {
      try {
        const ask = async () =>
          connection.command(ns(`${database}.$cmd`), command, { socketTimeoutMS: commandTimeoutMs });
        return await bounded(ask, socket, operation, options);
      } catch (error) {
        throw translateError(error, options, operation);
      }
    },
    close() {
      connection.destroy();
    },
  };
}
