import type { CallOptions } from "../ports/call.ts";
import { vaultEndpoint } from "./vault-address.ts";
import { type VaultAnswer, vaultClient, type VaultRequest } from "./vault-client.ts";
import type { VaultLogin } from "./vault-login.ts";
import { vaultNamespace } from "./vault-mount.ts";
import { vaultSession } from "./vault-session.ts";

export interface VaultOptions {
  /** https, or http on a loopback address. */
  readonly address: string;
  readonly namespace?: string;
  readonly login: VaultLogin;
  /** PEM of the root certificates to trust in place of the system's. */
  readonly ca?: string;
  /** For each request: 5,000 unless said. */
  readonly timeoutMs?: number;
}

/** Sends one request with a token that is kept valid. Errors: those of `vaultSession`. */
export type VaultSend = (request: Omit<VaultRequest, "token">, call: CallOptions) => Promise<VaultAnswer>;

/** HashiCorp Vault or OpenBao through node-vault; nothing is sent before the first request. Errors: `option-invalid`. */
export function connectVault({ address, namespace, login, ca, timeoutMs = 5_000 }: VaultOptions): VaultSend {
  const endpoint = vaultEndpoint(address);
  return vaultSession(
    vaultClient({ endpoint, namespace: vaultNamespace("namespace", namespace), ca, timeoutMs }),
    login,
  );
}
