import { connect } from "node:net";
import type { CallOptions } from "../../ports/call.ts";
import type { DatabaseTarget } from "../../ports/database-engine.ts";
import { probeTimeoutMs } from "../connecting/limits.ts";

type Found = "server without TLS" | "silent" | "unreachable";

/**
 * What stands at an address that did not answer a TLS handshake. Redis without TLS takes the handshake for the start of a
 * command and waits for its end, so it is asked in plain text, without a credential.
 */
export async function probePlainly({ host, port }: DatabaseTarget, { signal }: CallOptions): Promise<Found> {
  const socket = connect({ host, port, signal: AbortSignal.any([signal, AbortSignal.timeout(probeTimeoutMs)]) });
  let found: Found = "unreachable";
  socket
    .once("connect", () => {
      found = "silent";
      socket.write("PING\r\n");
    })
    .once("data", (chunk) => {
      if (/^[+-]/.test(chunk.toString("latin1"))) found = "server without TLS";
      socket.destroy();
    })
    .on("error", () => undefined);
  return new Promise((resolve) => socket.once("close", () => resolve(found)));
}
