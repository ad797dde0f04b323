import type { Socket } from "node:net";
import type { Document } from "mongodb";
import { connect as logIn } from "mongodb/lib/cmap/connect.js";
import { MongoCredentials } from "mongodb/lib/cmap/auth/mongo_credentials.js";
import { ScramSHA1, ScramSHA256 } from "mongodb/lib/cmap/auth/scram.js";
import { ns } from "mongodb/lib/utils.js";
import type { CallOptions, Credential, DatabaseTarget } from "../../rotation/ports.ts";
import { connectTimeoutMs, openSocket } from "./open-socket.ts";
import { translateError } from "./translate-error.ts";

const commandTimeoutMs = 10_000;

const mechanisms = new Map<string, object>([
  ["SCRAM-SHA-1", new ScramSHA1()],
  ["SCRAM-SHA-256", new ScramSHA256()],
]);

/** One connection that is logged in; every wait on it ends with the call's signal, by cutting the socket. */
export interface Connection {
  /** Errors: the table of `translateError`. */
  run(operation: string, database: string, command: Document, call: CallOptions): Promise<Document>;
  close(): void;
}

async function bounded<Result>(work: Promise<Result>, socket: Socket, { signal }: CallOptions): Promise<Result> {
  const cut = (): void => void socket.destroy();
  signal.addEventListener("abort", cut, { once: true });
  try {
    return await work;
  } finally {
    signal.removeEventListener("abort", cut);
  }
}

/**
 * Connects and logs in by SCRAM, so that the password is not sent. Throws the driver's error for a refused login, for the
 * caller to tell it from a fault, and rekey's own for a server that cannot be reached or trusted.
 */
export async function connect(
  target: DatabaseTarget,
  { username, password }: Credential,
  source: string,
  call: CallOptions,
): Promise<Connection> {
  const socket = await openSocket(target, call);
  const login = logIn({
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
    authProviders: { getOrCreateProvider: (mechanism) => mechanisms.get(mechanism) },
    connectTimeoutMS: connectTimeoutMs,
  });
  const connection = await bounded(login, socket, call).catch((error: unknown) => {
    socket.destroy();
    throw error;
  });
  return {
    async run(operation, database, command, options) {
      try {
        options.signal.throwIfAborted();
        const answer = connection.command(ns(`${database}.$cmd`), command, { socketTimeoutMS: commandTimeoutMs });
        return await bounded(answer, socket, options);
      } catch (error) {
        throw translateError(error, options, operation);
      }
    },
    close() {
      connection.destroy();
    },
  };
}
