import { memberAt } from "../../answers/member-at.ts";
import { vaultEndpoint } from "../../vault/vault-address.ts";
import type { VaultAnswer, VaultClient } from "../../vault/vault-client.ts";
import type { VaultLogin } from "../../vault/vault-login.ts";
import { vaultSession } from "../../vault/vault-session.ts";
import { vaultTransport } from "../../vault/vault-transport.ts";
import type { SourceCall } from "../secret-source.ts";

export interface VaultReaderOptions {
  /** https, or http on a loopback address. */
  readonly address: string;
  readonly login: VaultLogin;
  readonly namespace?: string;
  /** PEM of the root certificates to trust in place of the system's. */
  readonly ca?: string;
  /** For each request: 3,000 unless said. */
  readonly timeoutMs?: number;
}

export const defaultTimeoutMs = 3_000;

export type VaultReader = (path: string, call: SourceCall) => Promise<VaultAnswer>;

/** Requests below `/v1/` with the mirror's transport, so that no Vault library is in a service's bundle. */
export function vaultSender(options: Omit<VaultReaderOptions, "login">): VaultClient {
  const { namespace, ca, timeoutMs = defaultTimeoutMs } = options;
  const endpoint = vaultEndpoint(options.address);
  const transport = vaultTransport({ timeoutMs, ca });

  return async ({ verb, path, body, token }, call) => {
    const { statusCode, body: answered } = await transport({
      uri: `${endpoint}/v1/${path}`,
      method: verb === "read" ? "GET" : "PUT",
      headers: {
        "X-Vault-Request": "true",
        ...(token && { "X-Vault-Token": token.reveal() }),
        ...(namespace && { "X-Vault-Namespace": namespace }),
      },
      ...(body && { json: body }),
      ...(call && { signal: call.signal }),
    });
    return { status: statusCode, body: answered };
  };
}

/** Reads with a session of its own. */
export function vaultReader(options: VaultReaderOptions): VaultReader {
  const session = vaultSession(vaultSender(options), options.login);
  return async (path, call) => session({ verb: "read", path }, call);
}

/** Vault answers 404 without a word where there is no such key, and with one where the mount is wrong. */
export const isMissing = ({ status, body }: VaultAnswer): boolean => {
  const errors = memberAt(body, "errors");
  return status === 404 && (!Array.isArray(errors) || errors.length === 0);
};
