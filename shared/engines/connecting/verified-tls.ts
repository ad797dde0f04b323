import { RekeyError } from "../../errors/rekey-error.ts";
import type { DatabaseTarget } from "../../ports/database-engine.ts";

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
