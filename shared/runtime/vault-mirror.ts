import { vaultKv2Mirror } from "../mirrors/vault-kv2.ts";
import type { Mirror, SecretStore } from "../rotation/ports.ts";
import { environmentVault, optional } from "./environment-vault.ts";
import type { Environment } from "./environment.ts";

/** The mirror that the environment describes; a faulty variable is told at the first write, by a typed error. */
export function environmentMirror(environment: Environment, store: SecretStore): Mirror {
  const send = environmentVault(environment, store);
  let mirror: Mirror | undefined;
  return {
    async write(entry, call) {
      mirror ??= vaultKv2Mirror(send, {
        ...optional(environment, "mount", "VAULT_MOUNT"),
        ...optional(environment, "pathPrefix", "VAULT_PATH_PREFIX"),
      });
      return mirror.write(entry, call);
    },
  };
}
