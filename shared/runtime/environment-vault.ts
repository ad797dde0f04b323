import { isRekeyError } from "../errors/rekey-error.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { defined } from "../secrets/defined.ts";
import { connectVault, type VaultSend } from "../vault/connect-vault.ts";
import { environmentLogin } from "./environment-login.ts";
import { environmentCa, type ReadCa } from "./environment-ca.ts";
import type { Environment } from "./environment.ts";

/**
 * The Vault that the environment describes. Its login's credential, where it has one, is read at the first
 * request and again after Vault has refused it; where its root certificates are a secret, they are followed.
 */
export function environmentVault(environment: Environment, store: SecretStore): VaultSend {
  let readCa: ReadCa | undefined;
  let opened: { readonly ca: string | undefined; readonly send: VaultSend } | undefined;

  return async (request, call) => {
    readCa ??= environmentCa(environment, "VAULT_CACERT", store);
    const ca = await readCa(call);
    if (opened?.ca !== ca) opened = undefined;
    if (opened === undefined) {
      const address = environment.required("VAULT_ADDR");
      const login = await environmentLogin(environment, store, call);
      const namespace = environment.text("VAULT_NAMESPACE");
      opened = { ca, send: connectVault({ address, login, ...defined({ namespace, ca }) }) };
    }
    try {
      return await opened.send(request, call);
    } catch (error) {
      // A newer credential may fix a refused login; a policy's denial is not.
      if (isRekeyError(error, "mirror-unauthorized") && error.context["operation"] === "login") opened = undefined;
      throw error;
    }
  };
}
