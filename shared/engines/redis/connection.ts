import { createClient } from "@redis/client";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions, Credential, DatabaseTarget } from "../../rotation/ports.ts";
import { probePlainly } from "./plain-server.ts";
import { isConnectTimeout, translateError } from "./translate-error.ts";

const connectTimeoutMs = 5_000;
/** No command of a rotation takes the server longer than microseconds. */
const answerTimeoutMs = 5_000;

/** Redis is handed the password in clear, so only to a server whose certificate was verified, or where the secret says no TLS. */
function tlsOptions({ mode, ca }: DatabaseTarget["tls"]) {
  if (mode === "disable") return undefined;
  if (mode === "require") {
    throw new RekeyError("tls-refused", {
      context: { reason: "mode require" },
      hint: "Redis is handed the password in clear, so its certificate must be verified: use verify-full or verify-ca, and sslrootcert for a CA of your own",
    });
  }
  return {
    tls: true,
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
    ...(mode === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
  } as const;
}

/** One logged-in connection; every wait on it ends with the call's signal, or after some seconds, by cutting the socket. */
export interface Connection {
  /** Runs one command. Errors: the table of `translateError`. */
  run(command: readonly string[], call: CallOptions): Promise<unknown>;
  close(): void;
}

/** `ACL SETUSER`: the part of a command that names no user and holds no value. */
const operationOf = ([name = "", sub = ""]: readonly string[]): string =>
  name === "ACL" || name === "CONFIG" ? `${name} ${sub}` : name;

/** What a server that takes no TLS handshake in time is. Errors: always, the one that fits. */
async function explainHandshakeTimeout(target: DatabaseTarget, call: CallOptions): Promise<never> {
  const found = await probePlainly(target, call);
  const context = { operation: "log in", reason: found };
  if (found === "server without TLS") throw new RekeyError("tls-refused", { context });
  throw new RekeyError(found === "silent" ? "database-timeout" : "database-unreachable", { context });
}

/**
 * Connects and logs in by `HELLO 3 AUTH`, which the server keeps out of its slow log and monitor. Nothing else is sent: no
 * client name or library version, which a user may lack the right to set. Errors: the driver's, for the caller to tell a
 * refusal from a fault.
 */
export async function connect(target: DatabaseTarget, credential: Credential, call: CallOptions): Promise<Connection> {
  const tls = tlsOptions(target.tls);
  call.signal.throwIfAborted();
  const reach = {
    signal: call.signal,
    host: target.host,
    port: target.port,
    connectTimeout: connectTimeoutMs,
    socketTimeout: answerTimeoutMs,
    reconnectStrategy: false,
  } as const;
  const client = createClient({
    RESP: 3,
    username: credential.username,
    password: credential.password.reveal(),
    disableClientInfo: true,
    disableOfflineQueue: true,
    maintNotifications: "disabled",
    socket: tls === undefined ? reach : { ...reach, ...tls },
  });
  let fault: unknown;
  const close = (): void => client.destroy();
  // An answer that is not Redis's is only told here, and the driver would wait on.
  client.on("error", (error: unknown) => {
    fault ??= error;
    close();
  });

  try {
    await client.connect();
  } catch (error) {
    close();
    if (tls !== undefined && isConnectTimeout(error)) await explainHandshakeTimeout(target, call);
    throw fault ?? error;
  }
  return {
    async run(command, options) {
      options.signal.addEventListener("abort", close, { once: true });
      try {
        options.signal.throwIfAborted();
        return await client.sendCommand(command);
      } catch (error) {
        throw translateError(fault ?? error, options, operationOf(command));
      } finally {
        options.signal.removeEventListener("abort", close);
      }
    },
    close,
  };
}
