import { connect as connectTcp, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { DatabaseTarget } from "../../ports/database-engine.ts";
import { cutOnAbort, timeSpent } from "./cut-on-abort.ts";
import { connectTimeoutMs } from "./limits.ts";
import { requireVerifiedTls, tlsOptions } from "./tls-options.ts";

const codeOf = (error: Error): string => String(Reflect.get(error, "code") ?? "unknown");

/** A socket of TCP, or the error that kept it from opening. `event` says when it is open. */
async function opened(socket: Socket, event: "connect" | "secureConnect", call: CallOptions): Promise<void> {
  const late = setTimeout(
    () => socket.destroy(Object.assign(new Error("late"), { code: "timeout" })),
    connectTimeoutMs,
  );
  const open = async (): Promise<void> =>
    new Promise((resolve, reject) => {
      socket
        .once(event, resolve)
        .once("error", reject)
        .once("close", () => reject(Object.assign(new Error("closed"), { code: "closed" })));
    });
  try {
    call.signal.throwIfAborted();
    await cutOnAbort(open, call.signal, () => socket.destroy(new Error("aborted")));
  } finally {
    clearTimeout(late);
  }
}

function failed(
  socket: Socket,
  error: unknown,
  code: "database-unreachable" | "tls-refused",
  { signal }: CallOptions,
): RekeyError {
  socket.destroy();
  if (signal.aborted) return timeSpent("log in");
  const reason = error instanceof Error ? codeOf(error) : "unknown";
  const isLate = reason === "timeout" && code === "tls-refused";
  return new RekeyError(isLate ? "database-timeout" : code, { context: { operation: "log in", reason } });
}

/** A connection of TCP. Errors: `database-unreachable`, `time-budget-spent`. */
export async function openPlain({ host, port }: DatabaseTarget, call: CallOptions): Promise<Socket> {
  if (call.signal.aborted) throw timeSpent("log in");
  const plain = connectTcp({ host, port, noDelay: true });
  plain.on("error", () => undefined);
  try {
    await opened(plain, "connect", call);
    return plain;
  } catch (error) {
    throw failed(plain, error, "database-unreachable", call);
  }
}

/** What carries a handshake, for a protocol that puts it into messages of its own. */
export interface TlsCarrier {
  readonly stream: Duplex;
  /** Such a protocol may have its handshake end where TLS 1.3's does not. */
  readonly maxVersion: "TLSv1.2";
  /** The handshake is over: from now on TLS's own bytes are on the connection. */
  readonly secured: () => void;
}

/**
 * TLS on a connection as the target wants it, or the connection itself where it wants none. Errors: `tls-refused`,
 * `database-timeout`, `time-budget-spent`.
 */
export async function secured(
  plain: Socket,
  target: DatabaseTarget,
  call: CallOptions,
  carrier?: TlsCarrier,
): Promise<Socket> {
  const { host } = target;
  const tls = tlsOptions(target.tls);
  if (tls === undefined) return plain;
  const secure = connectTls({
    ...tls,
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(carrier === undefined ? { socket: plain } : { socket: carrier.stream, maxVersion: carrier.maxVersion }),
  });
  secure.on("error", () => undefined);
  try {
    await opened(secure, "secureConnect", call);
    carrier?.secured();
    return secure;
  } catch (error) {
    throw failed(secure, error, "tls-refused", call);
  }
}

/**
 * A connection to a server that is handed a password in clear: its certificate is verified unless the target says `disable`.
 * `askForTls` goes before the handshake, where a server wants to be asked for it, and may say what
 * carries that. Errors: its own, `database-unreachable`,
 * `tls-refused` for whatever goes wrong between the connection and the end of the handshake, `database-timeout`,
 * `time-budget-spent`.
 *
 * @example
 * ```ts
 * import { type CallOptions, type DatabaseTarget, openSocket } from "rekey/engine";
 *
 * const reach = async (target: DatabaseTarget, call: CallOptions): Promise<void> => {
 *   const socket = await openSocket(target, call);
 *   socket.destroy();
 * };
 * ```
 */
export async function openSocket(
  target: DatabaseTarget,
  call: CallOptions,
  askForTls: (plain: Socket) => Promise<TlsCarrier | void> = async () => undefined,
): Promise<Socket> {
  requireVerifiedTls(target);
  const plain = await openPlain(target, call);
  let carrier: TlsCarrier | undefined;
  try {
    if (tlsOptions(target.tls) !== undefined) carrier = (await askForTls(plain)) ?? undefined;
  } catch (error) {
    plain.destroy();
    throw error;
  }
  return secured(plain, target, call, carrier);
}
