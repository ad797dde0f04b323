import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { DatabaseTarget } from "../../ports/database-engine.ts";
import { requireVerifiedTls } from "./verified-tls.ts";

/** An unreachable host is reported after this long, well before any function's own time-out. */
export const connectTimeoutMs = 5_000;

const codeOf = (error: Error): string => String(Reflect.get(error, "code") ?? "unknown");

/** A socket of TCP, or the error that kept it from opening. `event` says when it is open. */
async function opened(socket: Socket, event: "connect" | "secureConnect", call: CallOptions): Promise<void> {
  const cut = (): void => void socket.destroy(new Error("aborted"));
  const late = setTimeout(
    () => socket.destroy(Object.assign(new Error("late"), { code: "timeout" })),
    connectTimeoutMs,
  );
  call.signal.addEventListener("abort", cut, { once: true });
  try {
    call.signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      socket
        .once(event, resolve)
        .once("error", reject)
        .once("close", () => reject(Object.assign(new Error("closed"), { code: "closed" })));
    });
  } finally {
    clearTimeout(late);
    call.signal.removeEventListener("abort", cut);
  }
}

function tlsOptions({ host, tls }: DatabaseTarget): ConnectionOptions {
  return {
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    rejectUnauthorized: true,
    minVersion: "TLSv1.2",
    ...(tls.mode === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
  };
}

/**
 * A connection to a server that is handed a password in clear: its certificate is verified unless the target says `disable`.
 * Errors: `database-unreachable`, `tls-refused` for whatever goes wrong between the connection and the end of the handshake,
 * `database-timeout`, `time-budget-spent`.
 */
export async function openSocket(target: DatabaseTarget, call: CallOptions): Promise<Socket> {
  const fail = (socket: Socket, error: unknown, code: "database-unreachable" | "tls-refused"): RekeyError => {
    socket.destroy();
    if (call.signal.aborted) return new RekeyError("time-budget-spent", { context: { operation: "log in" } });
    const reason = error instanceof Error ? codeOf(error) : "unknown";
    const isLate = reason === "timeout" && code === "tls-refused";
    return new RekeyError(isLate ? "database-timeout" : code, { context: { operation: "log in", reason } });
  };
  requireVerifiedTls(target);
  if (call.signal.aborted) throw new RekeyError("time-budget-spent", { context: { operation: "log in" } });
  const plain = connectTcp({ host: target.host, port: target.port, noDelay: true });
  plain.on("error", () => undefined);
  try {
    await opened(plain, "connect", call);
  } catch (error) {
    throw fail(plain, error, "database-unreachable");
  }
  if (target.tls.mode === "disable") return plain;
  const secure = connectTls({ ...tlsOptions(target), socket: plain });
  secure.on("error", () => undefined);
  try {
    await opened(secure, "secureConnect", call);
    return secure;
  } catch (error) {
    throw fail(secure, error, "tls-refused");
  }
}
