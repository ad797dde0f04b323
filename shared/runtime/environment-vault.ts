import { isRekeyError, RekeyError } from "../errors/rekey-error.ts";
import type { CallOptions, SecretStore } from "../rotation/ports.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import { connectVault, type VaultOptions, type VaultSend } from "../vault/connect-vault.ts";
import type { Environment } from "./environment.ts";

function loginOf(environment: Environment, credential: SecretValue): VaultOptions["login"] {
  const method = environment.text("VAULT_AUTH") ?? "approle";
  if (method === "token") return { method, token: credential };
  if (method === "approle") return { method, roleId: environment.required("VAULT_ROLE_ID"), secretId: credential };
  throw new RekeyError("option-invalid", { context: { option: "VAULT_AUTH" }, hint: "use approle or token" });
}

/** A member of an options object, from an environment variable, and none where that is unset. */
export function optional(environment: Environment, option: string, name: string): Readonly<Record<string, string>> {
  const value = environment.text(name);
  return value === undefined ? {} : { [option]: value };
}

/**
 * The Vault that the environment describes. Its login credential is itself a secret in Secrets Manager
 * (`VAULT_CREDENTIAL_SECRET`), read at the first request and again after Vault has refused it.
 */
export function environmentVault(environment: Environment, store: SecretStore): VaultSend {
  let opened: VaultSend | undefined;

  async function open(call: CallOptions): Promise<VaultSend> {
    const id = environment.required("VAULT_CREDENTIAL_SECRET");
    const credential = await store.read(id, { label: "AWSCURRENT" }, call);
    if (credential === undefined)
      throw new RekeyError("mirror-unauthorized", { context: { secret: id, problem: "no value" } });
    return connectVault({
      address: environment.required("VAULT_ADDR"),
      login: loginOf(environment, credential.value),
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
