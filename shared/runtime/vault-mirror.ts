import { isRekeyError, RekeyError } from "../errors/rekey-error.ts";
import { vaultKv2Audit } from "../mirrors/kv2-audit.ts";
import { vaultKv2Probe } from "../mirrors/kv2-probe.ts";
import { vaultKv2View } from "../mirrors/kv2-view.ts";
import { parseMirrorTemplates } from "../mirrors/layout/mirror-templates.ts";
import { clusterNames, clusterOf, parseVaultClusters } from "../mirrors/vault-clusters.ts";
import { vaultKv2Mirror, type VaultKv2Options } from "../mirrors/vault-kv2.ts";
import type { Mirror, MirrorAudit, MirrorCluster, MirrorProbe, MirrorView } from "../ports/mirror.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import { defined } from "../secrets/defined.ts";
import { kvMount } from "../vault/vault-mount.ts";
import { environmentVault } from "./environment-vault.ts";
import type { Environment } from "./environment.ts";

/** A deleted secret has no dates to read, and neither has an id that cannot be a version's. */
const withoutDates = ["secret-deleted", "secret-not-found", "store-rejected"] as const;

/** With the store's word on which version is whose. Errors: `option-invalid`. */
function optionsOf(environment: Environment, store: SecretStore): VaultKv2Options {
  const mount = environment.text("VAULT_MOUNT");
  return {
    ...defined({
      mount: mount === undefined ? undefined : kvMount("VAULT_MOUNT", mount),
      pathPrefix: environment.text("VAULT_PATH_PREFIX"),
    }),
    templates: parseMirrorTemplates(environment.text("VAULT_TEMPLATES")),
    async versionDates(secretArn, versionId, call) {
      try {
        return (await store.read(secretArn, { versionId }, call))?.createdAt;
      } catch (error) {
        if (withoutDates.some((code) => isRekeyError(error, code))) return undefined;
        throw error;
      }
    },
  };
}

/** The mirror that the environment describes; a faulty variable is reported at the first call, by a typed error. */
export function environmentMirror(environment: Environment, store: SecretStore): Mirror {
  const send = environmentVault(environment, store);
  return {
    write: async (...args) => vaultKv2Mirror(send, optionsOf(environment, store)).write(...args),
    withdraw: async (...args) => vaultKv2Mirror(send, optionsOf(environment, store)).withdraw(...args),
  };
}

/** A look at the mirror that the environment describes; `undefined` where it describes none. */
export function environmentAudit(environment: Environment, store: SecretStore): MirrorAudit | undefined {
  if (environment.text("VAULT_ADDR") === undefined) return undefined;
  const send = environmentVault(environment, store);
  return {
    compare: async (...args) => vaultKv2Audit(send, optionsOf(environment, store)).compare(...args),
    holding: async (...args) => vaultKv2Audit(send, optionsOf(environment, store)).holding(...args),
  };
}

/**
 * Vault clusters, each to be looked at without a secret's value: those of the connections, by name; without any, the one that
 * the environment describes, if it does. Where `VAULT_CLUSTERS` names several, each secret belongs to one. Errors:
 * `option-invalid`.
 */
export function environmentViews(
  environment: Environment,
  store: SecretStore,
  connections: ReadonlyMap<string, Environment>,
): readonly MirrorView[] {
  if (connections.size > 0) {
    const names = environment.text("VAULT_CLUSTERS");
    const clusters =
      names === undefined ? undefined : parseVaultClusters(names, environment.text("VAULT_CLUSTER_ROUTES"));
    return [...connections].map(([name, connection]) => {
      const mirrors: MirrorCluster["mirrors"] = (secret) =>
        clusters === undefined || clusterOf(secret, clusters) === name;
      return vaultKv2View({ name, mirrors }, environmentVault(connection, store), optionsOf(connection, store));
    });
  }
  const address = environment.text("VAULT_ADDR");
  if (address === undefined) return [];
  const cluster = environmentCluster(environment) ?? { name: address, mirrors: () => true };
  return [vaultKv2View(cluster, environmentVault(environment, store), optionsOf(environment, store))];
}

/** Which of several clusters the environment describes; `undefined` where there is one. Errors: `option-invalid`. */
export function environmentCluster(environment: Environment): MirrorCluster | undefined {
  const name = environment.text("VAULT_CLUSTER");
  if (name === undefined) return undefined;
  const clusters = parseVaultClusters(environment.text("VAULT_CLUSTERS"), environment.text("VAULT_CLUSTER_ROUTES"));
  if (!clusterNames(clusters).has(name)) {
    throw new RekeyError("option-invalid", {
      context: { option: "VAULT_CLUSTER", problem: "not one of VAULT_CLUSTERS" },
    });
  }
  return { name, mirrors: (secret) => clusterOf(secret, clusters) === name };
}

const loginVariables = ["VAULT_AUTH", "VAULT_CREDENTIAL_SECRET", "VAULT_JWT_FILE", "VAULT_ROLE", "VAULT_ROLE_ID"];

/**
 * What the doctor asks of the mirror that the environment describes; `undefined` where it describes none. An address alone,
 * which every user of Vault's has, does not.
 */
export function environmentProbe(environment: Environment, store: SecretStore): MirrorProbe | undefined {
  const hasLogin = loginVariables.some((name) => environment.text(name) !== undefined);
  if (environment.text("VAULT_ADDR") === undefined || !hasLogin) return undefined;
  const send = environmentVault(environment, store);
  return {
    logIn: async (...args) => vaultKv2Probe(send, optionsOf(environment, store)).logIn(...args),
    probe: async (...args) => vaultKv2Probe(send, optionsOf(environment, store)).probe(...args),
  };
}
