import { connect } from "node:tls";
import { isRekeyError, RekeyError } from "../../errors/rekey-error.ts";
import type { CallOptions } from "../../ports/call.ts";
import type { DatabaseTarget } from "../../ports/database-engine.ts";
import { probeTimeoutMs } from "./limits.ts";
import { tlsTag } from "../../tags/tag-names.ts";

/** Whether what stands at this address completes a TLS handshake. No credential is sent. */
async function speaksTls({ host, port }: DatabaseTarget, { signal }: CallOptions): Promise<boolean> {
  const socket = connect({ host, port, rejectUnauthorized: false });
  const cut = (): void => void socket.destroy();
  const ended = AbortSignal.any([signal, AbortSignal.timeout(probeTimeoutMs)]);
  let isSecure = false;
  socket
    .once("secureConnect", () => {
      isSecure = true;
      cut();
    })
    .on("error", () => undefined);
  ended.addEventListener("abort", cut);
  if (ended.aborted) cut();
  await new Promise((resolve) => socket.once("close", resolve));
  return isSecure;
}

/** What a port for TLS alone does to a connection without: it closes it without a word, or answers with nonsense or a 400. */
const looksLikeTls = (error: unknown): boolean =>
  isRekeyError(error, "connection-lost") ||
  isRekeyError(error, "server-misbehaved") ||
  (isRekeyError(error, "database-failed") && error.context["status"] === 400);

/** Why a login without TLS got no answer of the server's protocol. Any other error is returned as it is. */
export async function explainPlainLogin(error: unknown, target: DatabaseTarget, call: CallOptions): Promise<unknown> {
  if (!looksLikeTls(error) || target.tls.mode !== "disable" || !(await speaksTls(target, call))) return error;
  return new RekeyError("tls-refused", {
    context: { operation: "log in", reason: "server with TLS alone" },
    hint: `the port takes TLS connections only: remove ssl: false from the secret and ${tlsTag} from its tags`,
  });
}

/** What a broken connection means: a server that wants a client's certificate says so by a TLS alert, after the handshake. */
export function brokenConnection(error: unknown): RekeyError {
  const alert = String(Object(error)["code"] ?? "");
  if (!/^ERR_SSL_.*(?:CERTIFICATE_REQUIRED|BAD_CERTIFICATE|HANDSHAKE_FAILURE)$/.test(alert))
    return new RekeyError("connection-lost");
  return new RekeyError("tls-refused", {
    context: { reason: "client certificate wanted" },
    hint: "the server wants a client's certificate, which rekey does not have: make it optional for logins with a password (Redis: tls-auth-clients optional; MongoDB: allowConnectionsWithoutCertificates)",
  });
}
