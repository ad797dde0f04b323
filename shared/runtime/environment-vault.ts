import { isRekeyError } from "../errors/rekey-error.ts";
import type { CallOptions, SecretStore } from "../rotation/ports.ts";
import { connectVault, type VaultSend } from "../vault/connect-vault.ts";
import { environmentLogin } from "./environment-login.ts";
import { type Environment, optional } from "./environment.ts";

/**
 * The Vault that the environment describes. Its login's credential, where it has one, is read at the first
 * request and again after Vault has refused it.
 */
export function environmentVault(environment: Environment, store: SecretStore): VaultSend {
  let opened: VaultSend | undefined;

  async function open(call: CallOptions): Promise<VaultSend> {
    return connectVault({
      address: environment.required("VAULT_ADDR"),
      login: await environmentLogin(environment, store, call),
      ...optional(environment, "namespace", "VAULT_NAMESPACE"),
      ...optional(environment, "ca", "VAULT_CACERT"),
    });
  }

  return async (request, call) => {
    opened ??= await open(call);
    try {
      return await opened(request, call);
    } catch (error) {
      // A refused login may be mended by a newer credential; a policy's denial is not.
      if (isRekeyError(error, "mirror-unauthorized") && error.context["operation"] === "login") opened = undefined;
      throw error;
    }
  };
}
