import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { Credential, DatabaseTarget } from "../../ports/database-engine.ts";
import { cutOnAbort } from "../connecting/cut-on-abort.ts";
import { openSocket } from "../connecting/open-socket.ts";
import { explainPlainLogin } from "../connecting/tls-alerts.ts";
import { conversationOn } from "./conversation.ts";
import { probePlainly } from "./plain-server.ts";
import { misbehaved } from "./resp.ts";
import { translateError } from "./translate-error.ts";

/** One logged-in connection; every wait on it ends with the call's signal, or after some seconds, by cutting the socket. */
export interface Connection {
  /** Runs one command. Errors: the table of `translateError`, `server-misbehaved`. */
  run(command: readonly string[], call: CallOptions): Promise<unknown>;
  /** Runs one command that is answered by OK alone. */
  change(command: readonly string[], call: CallOptions): Promise<void>;
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
 * client name or library version, which a user may lack the right to set. Errors: `ErrorReply`, for the caller to tell a
 * refusal from a fault, and those of `openSocket`.
 */
export async function connect(target: DatabaseTarget, credential: Credential, call: CallOptions): Promise<Connection> {
  const socket = await openSocket(target, call).catch(async (error: unknown) => {
    if (target.tls.mode === "disable" || !isRekeyError(error, "database-timeout")) throw error;
    return explainHandshakeTimeout(target, call);
  });
  const { ask, end } = conversationOn(socket);

  async function bounded(command: readonly string[], { signal }: CallOptions): Promise<unknown> {
    const cut = (): void => end(new RekeyError("time-budget-spent"));
    if (signal.aborted) cut();
    return cutOnAbort(async () => ask(command), signal, cut);
  }
  async function run(command: readonly string[], options: CallOptions): Promise<unknown> {
    try {
      return await bounded(command, options);
    } catch (error) {
      throw translateError(error, operationOf(command));
    }
  }
  const close = (): void => end(new RekeyError("connection-lost"));

  try {
    const about = await bounded(["HELLO", "3", "AUTH", credential.username, credential.password.reveal()], call);
    if (typeof about !== "object" || about === null) throw misbehaved("HELLO without facts");
  } catch (error) {
    close();
    throw await explainPlainLogin(error, target, call);
  }
  return {
    run,
    async change(command, options) {
      if ((await run(command, options)) === "OK") return;
      throw translateError(misbehaved("neither OK nor an error"), operationOf(command));
    },
    close,
  };
}
