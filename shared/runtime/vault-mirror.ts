import { vaultKv2Audit } from "../mirrors/kv2-audit.ts";
import { vaultKv2Mirror, type VaultKv2Options } from "../mirrors/vault-kv2.ts";
import type { MirrorAudit } from "../operations/ports.ts";
import type { Mirror, SecretStore } from "../rotation/ports.ts";
import { environmentVault, optional } from "./environment-vault.ts";
import type { Environment } from "./environment.ts";

const optionsOf = (environment: Environment): VaultKv2Options => ({
  ...optional(environment, "mount", "VAULT_MOUNT"),
  ...optional(environment, "pathPrefix", "VAULT_PATH_PREFIX"),
});

/** The mirror that the environment describes; a faulty variable is told at the first write, by a typed error. */
export function environmentMirror(environment: Environment, store: SecretStore): Mirror {
  const send = environmentVault(environment, store);
  return { write: async (entry, call) => vaultKv2Mirror(send, optionsOf(environment)).write(entry, call) };
}

/** A look at the mirror that the environment describes; `undefined` where it describes none. */
export function environmentAudit(environment: Environment, store: SecretStore): MirrorAudit | undefined {
  if (environment.text("VAULT_ADDR") === undefined) return undefined;
  return vaultKv2Audit(environmentVault(environment, store), optionsOf(environment));
}
