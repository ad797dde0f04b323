import { RekeyError } from "../../errors/rekey-error.ts";
import type { DatabaseTarget } from "../../ports/database-engine.ts";
import { defined } from "../../secrets/defined.ts";

type TargetTls = DatabaseTarget["tls"];

/**
 * Options for Node's TLS, which drivers hand on; `undefined`: none is spoken.
 *
 * @example
 * ```ts
 * import { connect } from "node:tls";
 * import { type DatabaseTarget, tlsOptions } from "rekey/engine";
 *
 * const handshake = ({ host, port, tls }: DatabaseTarget) => connect({ host, port, ...tlsOptions(tls) });
 * ```
 */
export function tlsOptions({ mode, ca }: TargetTls) {
  if (mode === "disable") return undefined;
  return {
    ...defined({ ca }),
    rejectUnauthorized: mode !== "require",
    minVersion: "TLSv1.2",
    ...(mode === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
  } as const;
}

/** Whether the server's certificate is verified, so that a password may be sent in clear. */
export const isVerified = ({ mode }: TargetTls): boolean => mode.startsWith("verify");

/**
 * For servers that are handed a password or a key in clear inside the connection: only to a certificate that was verified, or
 * where the secret says no TLS. `verify-ca` without a CA of one's own would take any certificate that somebody bought. Errors:
 * `tls-refused`, with nothing sent.
 */
export function requireVerifiedTls({ tls: { mode, ca } }: DatabaseTarget): void {
  if (mode !== "require" && (mode !== "verify-ca" || ca !== undefined)) return;
  throw new RekeyError("tls-refused", {
    context: { reason: mode === "require" ? "mode require" : "mode verify-ca without a CA" },
    hint: "this server is handed a password in clear, so its certificate must be verified: use verify-full, or verify-ca with sslrootcert",
  });
}
