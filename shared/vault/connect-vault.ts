import type { CallOptions } from "../rotation/ports.ts";
import { vaultEndpoint } from "./vault-address.ts";
import { type VaultAnswer, vaultClient, type VaultRequest } from "./vault-client.ts";
import { checkedPath } from "./vault-path.ts";
import { type VaultLogin, vaultSession } from "./vault-session.ts";

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
  if (namespace !== undefined) checkedPath("namespace", namespace.replace(/\/$/, ""));
  if (login.method === "approle" && login.mount !== undefined) checkedPath("login.mount", login.mount);
  const endpoint = vaultEndpoint(address);
  return vaultSession(vaultClient({ endpoint, namespace, ca, timeoutMs }), login);
}
