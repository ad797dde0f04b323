import { memberAt } from "../../../answers/member-at.ts";
import { vaultEndpoint } from "../../../vault/vault-address.ts";
import type { VaultAnswer, VaultClient } from "../../../vault/vault-client.ts";
import type { VaultLogin } from "../../../vault/vault-login.ts";
import { vaultNamespace } from "../../../vault/vault-mount.ts";
import { readRefusal } from "../../../vault/read-refusal.ts";
import { vaultSession } from "../../../vault/vault-session.ts";
import { vaultTransport } from "../../../vault/vault-transport.ts";
import type { SourceCall } from "../secret-source.ts";
import { sealedOrUninitialized } from "./initialized-check.ts";

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
  const { ca, timeoutMs = defaultTimeoutMs } = options;
  const namespace = vaultNamespace("namespace", options.namespace);
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

/** Vault answers 404 without a word where there is no such key, and with one where the mount is wrong. */
export const isMissing = ({ status, body }: VaultAnswer): boolean => {
  const errors = memberAt(body, "errors");
  return status === 404 && typeof body === "object" && (!Array.isArray(errors) || errors.length === 0);
};

/** Reads with a session of its own. Whatever is neither an answer nor a missing key is an error by its cause. */
export function vaultReader(options: VaultReaderOptions): VaultReader {
  const send = vaultSender(options);
  const session = vaultSession(send, options.login, readRefusal);

  return async (path, call) => {
    try {
      const answer = await session({ verb: "read", path }, call);
      if (answer.status === 200 || isMissing(answer)) return answer;
      throw readRefusal(answer, "read", path);
    } catch (error) {
      throw await sealedOrUninitialized(error, send, call);
    }
  };
}
