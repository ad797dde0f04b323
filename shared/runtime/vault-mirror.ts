import { isRekeyError, RekeyError } from "../errors/rekey-error.ts";
import { vaultKv2Mirror } from "../mirrors/vault-kv2.ts";
import type { CallOptions, Mirror, SecretStore } from "../rotation/ports.ts";
import type { SecretValue } from "../secrets/secret-value.ts";
import type { Environment } from "./environment.ts";

type Login = Parameters<typeof vaultKv2Mirror>[0]["login"];

function loginOf(environment: Environment, credential: SecretValue): Login {
  const method = environment.text("VAULT_AUTH") ?? "approle";
  if (method === "token") return { method, token: credential };
  if (method === "approle") return { method, roleId: environment.required("VAULT_ROLE_ID"), secretId: credential };
  throw new RekeyError("option-invalid", { context: { option: "VAULT_AUTH" }, hint: "use approle or token" });
}

/**
 * The mirror that the environment describes. Its login credential is itself a secret in Secrets Manager
 * (`VAULT_CREDENTIAL_SECRET`), read at the first write and again after Vault has refused it.
 */
export function environmentMirror(environment: Environment, store: SecretStore): Mirror {
  let opened: Mirror | undefined;

  async function open(call: CallOptions): Promise<Mirror> {
    const id = environment.required("VAULT_CREDENTIAL_SECRET");
    const credential = await store.read(id, { label: "AWSCURRENT" }, call);
    if (credential === undefined)
      throw new RekeyError("mirror-unauthorized", { context: { secret: id, problem: "no value" } });
    const optional = (option: string, name: string): Record<string, string> => {
      const value = environment.text(name);
      return value === undefined ? {} : { [option]: value };
    };
    return vaultKv2Mirror({
      address: environment.required("VAULT_ADDR"),
      login: loginOf(environment, credential.value),
      ...optional("mount", "VAULT_MOUNT"),
      ...optional("pathPrefix", "VAULT_PATH_PREFIX"),
      ...optional("namespace", "VAULT_NAMESPACE"),
      ...optional("ca", "VAULT_CACERT"),
    });
  }

  return {
    async write(entry, call) {
      opened ??= await open(call);
      try {
        return await opened.write(entry, call);
      } catch (error) {
        // A refused login may be mended by a newer credential; a policy's denial is not.
        if (isRekeyError(error, "mirror-unauthorized") && error.context["operation"] === "login") opened = undefined;
        throw error;
      }
    },
  };
}
